//! A mail server that takes everything and remembers whose request caused it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Ids of mails that arrived: `Message-ID` without its host.
#[derive(Clone, Default)]
pub(crate) struct Arrived(Arc<Mutex<HashSet<String>>>);

impl Arrived {
    pub(crate) fn ids(&self) -> HashSet<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Takes mail on a port of its own for as long as the runtime lives; gives its URL.
pub(crate) async fn start(arrived: Arrived) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let arrived = arrived.clone();
            // A worker that is killed in the middle only ends its connection.
            tokio::spawn(async move { drop(converse(stream, &arrived).await) });
        }
    });
    url
}

async fn converse(stream: TcpStream, arrived: &Arrived) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let command = line.get(..4).unwrap_or_default().to_uppercase();
        match command.as_str() {
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut id = None;
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    let found = line.strip_prefix("Message-ID: <").and_then(|rest| rest.split_once('@'));
                    id = id.or(found.map(|(id, _)| id.to_owned()));
                }
                // Taken: from here on it must not get lost.
                arrived.0.lock().unwrap().extend(id);
                write.write_all(b"250 taken\r\n").await?;
            }
            "QUIT" => return write.write_all(b"221 bye\r\n").await,
            _ => write.write_all(b"250 ok\r\n").await?,
        }
    }
    Ok(())
}
