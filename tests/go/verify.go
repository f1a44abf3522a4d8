// Reads notes and proofs from standard input and holds them against Go's own
// implementation; signs notes for ours to open. Run by run.sh.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type world struct {
	SecretKey   string   `json:"secret_key"`
	VerifierKey string   `json:"verifier_key"`
	Notes       []string `json:"notes"`
	// Of the log whose root this is, by path.
	Tiles     map[string]string `json:"tiles"`
	Root      string            `json:"root"`
	Inclusion []struct {
		Index    int64    `json:"index"`
		Size     int64    `json:"size"`
		Root     string   `json:"root"`
		LeafHash string   `json:"leaf_hash"`
		Hashes   []string `json:"hashes"`
	} `json:"inclusion"`
	Consistency []struct {
		From    int64    `json:"from"`
		To      int64    `json:"to"`
		OldRoot string   `json:"old_root"`
		NewRoot string   `json:"new_root"`
		Hashes  []string `json:"hashes"`
	} `json:"consistency"`
}

func check(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func hash(text string) (hash tlog.Hash) {
	bytes, err := hex.DecodeString(text)
	check("hash "+text, err)
	copy(hash[:], bytes)
	return hash
}

func hashes(texts []string) (hashes []tlog.Hash) {
	for _, text := range texts {
		hashes = append(hashes, hash(text))
	}
	return hashes
}

// tiles reads tiles as C2SP has them: Go's paths begin with the height.
type tiles map[string]string

func (tiles) Height() int { return 8 }

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) (read [][]byte, err error) {
	for _, tile := range wanted {
		path := strings.TrimPrefix(tile.Path(), "tile/8/")
		bytes, err := hex.DecodeString(t[path])
		if err != nil || len(bytes) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %s has %d bytes", path, len(bytes))
		}
		read = append(read, bytes)
	}
	return read, nil
}

func sign(signer note.Signer) string {
	signed, err := note.Sign(&note.Note{Text: "signed by go\n"}, signer)
	check("signing", err)
	return string(signed)
}

func main() {
	var world world
	check("input", json.NewDecoder(os.Stdin).Decode(&world))
	verifier, err := note.NewVerifier(world.VerifierKey)
	check("verifier key", err)
	var texts []string
	for n, signed := range world.Notes {
		opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
		check(fmt.Sprintf("note %d", n), err)
		texts = append(texts, opened.Text)
	}
	for n, p := range world.Inclusion {
		err := tlog.CheckRecord(hashes(p.Hashes), p.Size, hash(p.Root), p.Index, hash(p.LeafHash))
		check(fmt.Sprintf("inclusion %d", n), err)
	}
	for n, p := range world.Consistency {
		err := tlog.CheckTree(hashes(p.Hashes), p.To, hash(p.NewRoot), p.From, hash(p.OldRoot))
		check(fmt.Sprintf("consistency %d", n), err)
	}
	// Every leaf, through tiles that Go holds against the root.
	const size = 601
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: hash(world.Root)}, tiles(world.Tiles))
	for n := int64(0); n < size; n++ {
		_, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		check(fmt.Sprintf("leaf %d in the tiles", n), err)
	}
	ours, err := note.NewSigner(world.SecretKey)
	check("secret key", err)
	secret, public, err := note.GenerateKey(rand.Reader, "go.example")
	check("generating", err)
	theirs, err := note.NewSigner(secret)
	check("generated key", err)
	check("output", json.NewEncoder(os.Stdout).Encode(map[string]any{
		"texts": texts, "with_ours": sign(ours), "with_theirs": sign(theirs),
		"their_secret_key": secret, "their_verifier_key": public,
	}))
}
