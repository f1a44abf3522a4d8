//! A layered layout of a graph, after Sugiyama: layers by the longest way,
//! places that stand in for nodes on edges that pass a layer, and an order
//! inside of each layer that lets few edges cross.

use std::collections::{HashMap, VecDeque};

/// Sweeps over the layers; more do not make graphs of this size better.
const SWEEPS: usize = 6;

/// Where nodes are: layer and place in it, both from 0, by the node's number;
/// and the ways of the edges through these places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    pub(super) places: Vec<(usize, usize)>,
    /// How many places each layer has.
    pub(super) layers: Vec<usize>,
    /// Of each edge, the places that it goes through, ends included.
    pub(super) ways: Vec<Vec<(usize, usize)>>,
}

/// Lays out `count` nodes; an edge that would lead back is left without a way.
pub(super) fn layout(count: usize, edges: &[(usize, usize)]) -> Layout {
    let layer = layers(count, edges);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
    for (node, at) in layer.iter().enumerate() {
        if let Some(row) = rows.get_mut(*at) {
            row.push(node);
        }
    }
    let (chains, segments) = chains(count, edges, &layer, &mut rows);
    order(&mut rows, &segments);
    let mut places = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        places.extend(row.iter().enumerate().map(|(place, node)| (*node, (at, place))));
    }
    let place = |node: &usize| places.get(node).copied().unwrap_or_default();
    Layout {
        places: (0..count).map(|node| place(&node)).collect(),
        layers: rows.iter().map(Vec::len).collect(),
        ways: chains.iter().map(|chain| chain.iter().map(place).collect()).collect(),
    }
}

/// The layer of each node: after everything that leads to it; what nothing
/// leads to comes right before the first that it leads to.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0_usize; count];
    let mut waits = vec![0_usize; count];
    for (_, to) in edges {
        if let Some(waits) = waits.get_mut(*to) {
            *waits += 1;
        }
    }
    let sources: Vec<usize> = (0..count).filter(|node| waits.get(*node) == Some(&0)).collect();
    let mut open: VecDeque<usize> = sources.iter().copied().collect();
    while let Some(node) = open.pop_front() {
        let next = layer.get(node).map_or(0, |at| at + 1);
        for (_, to) in edges.iter().filter(|(from, _)| *from == node) {
            let (Some(at), Some(waits)) = (layer.get_mut(*to), waits.get_mut(*to)) else { continue };
            *at = next.max(*at);
            *waits -= 1;
            if *waits == 0 {
                open.push_back(*to);
            }
        }
    }
    for source in sources {
        let nearest =
            edges.iter().filter(|(from, _)| *from == source).filter_map(|(_, to)| layer.get(*to)).min();
        let before = nearest.map_or(0, |nearest| nearest.saturating_sub(1));
        if let Some(at) = layer.get_mut(source) {
            *at = before;
        }
    }
    layer
}

type Chains = (Vec<Vec<usize>>, Vec<(usize, usize)>);

/// Each edge as a chain of nodes in neighbouring layers, with new nodes that
/// stand in where it passes one; and the links of all chains.
fn chains(count: usize, edges: &[(usize, usize)], layer: &[usize], rows: &mut [Vec<usize>]) -> Chains {
    let (mut chains, mut links, mut next) = (Vec::new(), Vec::new(), count);
    for (from, to) in edges {
        let (first, last) =
            (layer.get(*from).copied().unwrap_or_default(), layer.get(*to).copied().unwrap_or_default());
        let mut chain = Vec::new();
        if first < last {
            chain.push(*from);
            for row in rows.iter_mut().take(last).skip(first + 1) {
                row.push(next);
                chain.push(next);
                next += 1;
            }
            chain.push(*to);
        }
        links.extend(chain.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))));
        chains.push(chain);
    }
    (chains, links)
}

/// Orders each layer by the middle of what its nodes are joined to in the one
/// before, then in the one after, and keeps the order with the fewest crossings.
fn order(rows: &mut Vec<Vec<usize>>, links: &[(usize, usize)]) {
    let mut best = (crossings(rows, links), rows.clone());
    for sweep in 0..SWEEPS {
        let forth = sweep % 2 == 0;
        let range: Vec<usize> =
            if forth { (1..rows.len()).collect() } else { (0..rows.len().saturating_sub(1)).rev().collect() };
        for at in range {
            let beside = if forth { at.checked_sub(1) } else { at.checked_add(1) };
            let Some(fixed) = beside.and_then(|beside| rows.get(beside)) else { continue };
            let place: HashMap<usize, usize> = fixed.iter().enumerate().map(|(p, node)| (*node, p)).collect();
            let Some(row) = rows.get_mut(at) else { continue };
            let middles: HashMap<usize, (usize, usize)> = row
                .iter()
                .enumerate()
                .map(|(own, node)| (*node, middle(*node, own, links, &place)))
                .collect();
            // Stable: equals stay in their order.
            row.sort_by_key(|node| middles.get(node).copied());
        }
        let found = crossings(rows, links);
        if found < best.0 {
            best = (found, rows.clone());
        }
    }
    *rows = best.1;
}

/// The middle place of what a node is joined to, in thousandths; its own place
/// where that is nothing.
fn middle(
    node: usize,
    own: usize,
    links: &[(usize, usize)],
    place: &HashMap<usize, usize>,
) -> (usize, usize) {
    let (mut sum, mut n) = (0, 0);
    for (from, to) in links {
        let other = if *from == node { to } else { from };
        if *from != node && *to != node {
            continue;
        }
        if let Some(at) = place.get(other) {
            sum += at * 1000;
            n += 1;
        }
    }
    (usize::checked_div(sum, n).unwrap_or(own * 1000), own)
}

/// How many pairs of links cross.
fn crossings(rows: &[Vec<usize>], links: &[(usize, usize)]) -> usize {
    let mut at = HashMap::new();
    for (layer, row) in rows.iter().enumerate() {
        at.extend(row.iter().enumerate().map(|(place, node)| (*node, (layer, place))));
    }
    let mut by_layer: HashMap<usize, Vec<(usize, usize)>> = HashMap::new();
    for (from, to) in links {
        if let (Some((layer, a)), Some((_, b))) = (at.get(from), at.get(to)) {
            by_layer.entry(*layer).or_default().push((*a, *b));
        }
    }
    let mut count = 0;
    for pairs in by_layer.values() {
        for (n, (a, b)) in pairs.iter().enumerate() {
            let later = pairs.iter().skip(n + 1);
            count += later.filter(|(c, d)| (a < c && b > d) || (a > c && b < d)).count();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize, edges: &[(usize, usize)]) -> Layout {
        let found = layout(count, edges);
        for (way, (from, to)) in found.ways.iter().zip(edges) {
            assert_eq!((way.first(), way.last()), (found.places.get(*from), found.places.get(*to)));
            assert!(way.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "one layer at a time: {way:?}");
        }
        let mut all = found.places.clone();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "no two in one place");
        found
    }

    #[test]
    fn edges_lead_on_and_long_ones_pass_layers() {
        // data → version → system → request → production, and version → production.
        let found = check(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (1, 4)]);
        let layers: Vec<_> = found.places.iter().map(|(layer, _)| *layer).collect();
        assert_eq!(layers, [0, 1, 2, 3, 4]);
        assert_eq!(found.ways[4].len(), 4);
        assert_eq!(found.layers, [1, 1, 2, 2, 1]);
    }

    #[test]
    fn what_nothing_leads_to_stands_next_to_what_it_leads_to() {
        let found = check(4, &[(0, 1), (1, 2), (3, 2)]);
        assert_eq!(found.places[3].0, 1);
    }

    #[test]
    fn crossings_that_need_not_be_are_undone() {
        // Two by two, crossed as given.
        let found = check(4, &[(0, 3), (1, 2)]);
        let [a, b, c, d] = [0, 1, 2, 3].map(|n: usize| found.places[n].1);
        assert_eq!(a < b, d < c);
    }

    #[test]
    fn circles_and_nothing_do_no_harm() {
        assert_eq!(layout(0, &[]).layers, Vec::<usize>::new());
        let found = layout(3, &[(0, 1), (1, 0), (1, 2)]);
        assert_eq!(found.places.len(), 3);
    }
}
