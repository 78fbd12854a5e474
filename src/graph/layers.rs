//! Places for the nodes and edges of a graph: layer by layer, few crossings, long edges straight.
//!
//! The method is the one of Sugiyama: open rings, give every node a layer, put bends where an edge passes a layer, order each
//! layer by the middle of its neighbours, and move everything as near to its neighbours as the order allows. Invariants:
//! nothing overlaps in a layer, and equal input gives equal places.

/// The room that something takes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Size {
    /// Along a layer.
    pub(super) along: f64,
    /// From layer to layer.
    pub(super) across: f64,
}

/// A point: along a layer, and across the layers.
pub(super) type Point = (f64, f64);

/// An edge that is to be placed; it must not begin where it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The room of its label.
    pub(super) label: Size,
}

/// Where everything stands.
#[derive(Debug)]
pub(super) struct Places {
    /// The middle of each node.
    pub(super) nodes: Vec<Point>,
    /// Each edge, from its beginning to its end.
    pub(super) edges: Vec<Route>,
    /// The room that all of it takes.
    pub(super) size: Size,
}

/// Where an edge runs.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// From border to border.
    pub(super) points: Vec<Point>,
    /// The middle of its label.
    pub(super) label: Point,
}

/// The room between neighbours in a layer.
const GAP: f64 = 22.0;
/// The room between two lines that pass a layer.
const LINE_GAP: f64 = 14.0;
/// A shorter piece that runs straight beside other nodes is none: the head of an arrow is as long.
const SHORTEST: f64 = 9.0;
/// The room between layers.
const LAYER_GAP: f64 = 20.0;
/// How near to each other edges touch a node.
const PORT_GAP: f64 = 16.0;
/// How often the layers are gone through.
const SWEEPS: usize = 16;

/// What stands in a layer.
#[derive(Debug, Clone, Copy)]
struct Item {
    size: Size,
    is_node: bool,
}

struct Layers {
    items: Vec<Item>,
    /// The numbers of the items of each layer, in order.
    layers: Vec<Vec<usize>>,
    /// The items of the layer before, and of the one behind, that each item is joined with.
    joined: [Vec<Vec<usize>>; 2],
    /// The place of each item along its layer.
    at: Vec<f64>,
    /// The layer of each item.
    ranks: Vec<usize>,
}

/// Finds places for nodes of these sizes and for the edges between them.
pub(super) fn place(nodes: &[Size], edges: &[Edge]) -> Places {
    let turned = rings(nodes.len(), edges);
    let down: Vec<(usize, usize)> = edges
        .iter()
        .zip(&turned)
        .map(|(edge, turned)| if *turned { (edge.to, edge.from) } else { (edge.from, edge.to) })
        .collect();
    let ranks = ranks(nodes.len(), &down);
    let mut layers = Layers::new(nodes, &ranks);
    let chains: Vec<(Vec<usize>, usize)> = edges
        .iter()
        .zip(&down)
        .map(|(edge, &(from, to))| layers.join(from, to, ranks[from], ranks[to], edge.label))
        .collect();
    layers.order();
    layers.spread();
    let across = layers.across();
    let ports = layers.ports(nodes, &chains);
    let routes = chains.iter().zip(&turned).zip(ports).map(|(((chain, label), turned), [begin, end])| {
        let mut points = Vec::with_capacity(chain.len());
        let [first, last] = [chain[0], chain[chain.len() - 1]];
        let rank = |item: usize| across[layers.ranks[item]].0;
        // A node may be thinner than its layer: beside the others the edge runs straight, too.
        let border = |item: usize, side: f64| {
            let (middle, bottom) = across[layers.ranks[item]];
            let is_thin = layers.items[item].size.across / 2.0 + SHORTEST < bottom - middle;
            is_thin.then_some(middle + side * (bottom - middle))
        };
        points.push((begin, rank(first) + layers.items[first].size.across / 2.0));
        points.extend(border(first, 1.0).map(|border| (begin, border)));
        // Through a layer an edge runs straight, so that it stays clear of what stands beside it.
        for &bend in &chain[1..chain.len() - 1] {
            let (middle, bottom) = across[layers.ranks[bend]];
            points.push((layers.at[bend], 2.0 * middle - bottom));
            points.push((layers.at[bend], bottom));
        }
        points.extend(border(last, -1.0).map(|border| (end, border)));
        points.push((end, rank(last) - layers.items[last].size.across / 2.0));
        if *turned {
            points.reverse();
        }
        Route { points, label: (layers.at[*label], rank(*label)) }
    });
    let edges = routes.collect();
    let nodes = (0..nodes.len()).map(|node| (layers.at[node], across[ranks[node]].0)).collect();
    let size = Size { along: layers.width(), across: across.last().map_or(0.0, |(_, end)| *end) };
    Places { nodes, edges, size }
}

/// Returns which edges must be turned so that no ring is left: those that lead back, seen from the first node on.
fn rings(count: usize, edges: &[Edge]) -> Vec<bool> {
    let mut turned = vec![false; edges.len()];
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (number, edge) in edges.iter().enumerate() {
        leaving[edge.from].push(number);
    }
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; count];
    for first in 0..count {
        if states[first] != State::New {
            continue;
        }
        states[first] = State::Open;
        let mut stack = vec![(first, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let Some(&number) = leaving[*node].get(*next) else {
                states[*node] = State::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            let to = edges[number].to;
            match states[to] {
                State::Open => turned[number] = true,
                State::Done => {}
                State::New => {
                    states[to] = State::Open;
                    stack.push((to, 0));
                }
            }
        }
    }
    turned
}

/// Gives each node a layer: two behind the last of those before it, so that there is one between for labels. What nothing
/// leads to stands as near as it can to what it leads to.
fn ranks(count: usize, down: &[(usize, usize)]) -> Vec<usize> {
    let mut ranks = vec![0; count];
    let mut open = vec![0; count];
    down.iter().for_each(|(_, to)| open[*to] += 1);
    let sources: Vec<usize> = (0..count).filter(|node| open[*node] == 0).collect();
    let mut ready = sources.clone();
    while let Some(node) = ready.pop() {
        for (_, to) in down.iter().filter(|(from, _)| *from == node) {
            ranks[*to] = ranks[*to].max(ranks[node] + 2);
            open[*to] -= 1;
            if open[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    for node in sources {
        let nearest = down.iter().filter(|(from, _)| *from == node).map(|(_, to)| ranks[*to]).min();
        ranks[node] = nearest.map_or(0, |rank| rank - 2);
    }
    ranks
}

impl Layers {
    fn new(nodes: &[Size], ranks: &[usize]) -> Self {
        let items: Vec<Item> = nodes.iter().map(|size| Item { size: *size, is_node: true }).collect();
        let mut layers = vec![Vec::new(); ranks.iter().max().map_or(0, |last| last + 1)];
        for (node, rank) in ranks.iter().enumerate() {
            layers[*rank].push(node);
        }
        let joined = [vec![Vec::new(); items.len()], vec![Vec::new(); items.len()]];
        Self { at: vec![0.0; items.len()], items, layers, joined, ranks: ranks.to_vec() }
    }

    /// Puts an edge through the layers; returns its items and the one that carries the label.
    fn join(
        &mut self,
        from: usize,
        to: usize,
        first: usize,
        last: usize,
        label: Size,
    ) -> (Vec<usize>, usize) {
        let steps = (last - first) / 2;
        let carrier = first + 1 + 2 * ((steps - 1) / 2);
        let mut chain = vec![from];
        let mut carrying = from;
        for rank in first + 1..last {
            let bend = self.items.len();
            let size = if rank == carrier { label } else { Size::default() };
            self.items.push(Item { size, is_node: false });
            self.at.push(0.0);
            self.ranks.push(rank);
            self.joined.iter_mut().for_each(|side| side.push(Vec::new()));
            self.layers[rank].push(bend);
            if rank == carrier {
                carrying = bend;
            }
            chain.push(bend);
        }
        chain.push(to);
        for pair in chain.windows(2) {
            self.joined[1][pair[0]].push(pair[1]);
            self.joined[0][pair[1]].push(pair[0]);
        }
        (chain, carrying)
    }

    /// Orders every layer so that few edges cross.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            let side = sweep % 2;
            let count = self.layers.len();
            let order: Vec<usize> =
                if side == 0 { (1..count).collect() } else { (0..count.saturating_sub(1)).rev().collect() };
            for rank in order {
                let beside = if side == 0 { rank - 1 } else { rank + 1 };
                let place = self.places(beside);
                let middle = |item: &usize, own: usize| -> f64 {
                    let joined = &self.joined[side][*item];
                    let sum: f64 = joined.iter().map(|other| place[*other]).sum();
                    if joined.is_empty() { own as f64 } else { sum / joined.len() as f64 }
                };
                let own = self.layers[rank].iter().enumerate();
                let mut keyed: Vec<(f64, usize)> = own.map(|(at, item)| (middle(item, at), *item)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.layers[rank] = keyed.into_iter().map(|(_, item)| item).collect();
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// Returns the number of each item of a layer, by item.
    fn places(&self, rank: usize) -> Vec<f64> {
        let mut places = vec![0.0; self.items.len()];
        for (at, item) in self.layers[rank].iter().enumerate() {
            places[*item] = at as f64;
        }
        places
    }

    /// Counts how often edges cross.
    fn crossings(&self) -> usize {
        (1..self.layers.len())
            .map(|rank| {
                let above = self.places(rank - 1);
                let ends: Vec<f64> = self.layers[rank]
                    .iter()
                    .flat_map(|item| {
                        let mut ends: Vec<f64> =
                            self.joined[0][*item].iter().map(|other| above[*other]).collect();
                        ends.sort_by(f64::total_cmp);
                        ends
                    })
                    .collect();
                inversions(&ends)
            })
            .sum()
    }

    /// Moves the items of each layer as near to their neighbours as the order allows.
    fn spread(&mut self) {
        for layer in self.layers.clone() {
            let mut next = 0.0;
            for pair in 0..layer.len() {
                if pair > 0 {
                    next += self.distance(layer[pair - 1], layer[pair]);
                }
                self.at[layer[pair]] = next;
            }
        }
        for sweep in 0..SWEEPS * 2 {
            let count = self.layers.len();
            let order: Vec<usize> =
                if sweep % 2 == 0 { (0..count).collect() } else { (0..count).rev().collect() };
            // In the last sweeps both sides count, so that nothing hangs to one of them.
            let sides: &[usize] = if sweep + 4 >= SWEEPS * 2 { &[0, 1] } else { &[[0, 1][sweep % 2]] };
            for rank in order {
                self.settle(rank, sides);
            }
        }
        let first = (0..self.items.len()).map(|item| self.at[item] - self.items[item].size.along / 2.0);
        let first = first.fold(f64::INFINITY, f64::min);
        self.at.iter_mut().for_each(|at| *at -= first);
    }

    /// Finds the places of one layer with the least squares of distances to the neighbours, in order and without overlaps.
    fn settle(&mut self, rank: usize, sides: &[usize]) {
        let layer = &self.layers[rank];
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
        let mut shifts = Vec::with_capacity(layer.len());
        let mut shift = 0.0;
        for (at, &item) in layer.iter().enumerate() {
            if at > 0 {
                shift += self.distance(layer[at - 1], item);
            }
            shifts.push(shift);
            let (mut weight, mut sum) = (0.0, 0.0);
            for &other in sides.iter().flat_map(|side| &self.joined[*side][item]) {
                let own = match (self.items[item].is_node, self.items[other].is_node) {
                    (true, true) => 1.0,
                    (false, false) => 8.0,
                    _ => 2.0,
                };
                weight += own;
                sum += own * self.at[other];
            }
            let (weight, wish) = if weight > 0.0 { (weight, sum / weight) } else { (0.01, self.at[item]) };
            blocks.push((wish - shift, weight, 1));
            while let [.., before, last] = blocks[..]
                && before.0 > last.0
            {
                let weight = before.1 + last.1;
                let joined = ((before.0 * before.1 + last.0 * last.1) / weight, weight, before.2 + last.2);
                blocks.truncate(blocks.len() - 2);
                blocks.push(joined);
            }
        }
        let places = blocks.iter().flat_map(|(place, _, count)| std::iter::repeat_n(*place, *count));
        let placed: Vec<(usize, f64)> =
            layer.iter().zip(places.zip(&shifts)).map(|(item, (at, shift))| (*item, at + shift)).collect();
        for (item, at) in placed {
            self.at[item] = at;
        }
    }

    /// Returns how far the middles of two neighbours must be from each other.
    fn distance(&self, one: usize, other: usize) -> f64 {
        let [one, other] = [self.items[one], self.items[other]];
        let are_lines = [one, other].iter().all(|item| !item.is_node && item.size == Size::default());
        let gap = if are_lines { LINE_GAP } else { GAP };
        (one.size.along + other.size.along) / 2.0 + gap
    }

    /// Returns the middle and the end of each layer.
    fn across(&self) -> Vec<(f64, f64)> {
        let mut end = 0.0;
        let mut across = Vec::with_capacity(self.layers.len());
        for (rank, layer) in self.layers.iter().enumerate() {
            let thickness = layer.iter().map(|item| self.items[*item].size.across).fold(0.0, f64::max);
            let begin = if rank == 0 { 0.0 } else { end + LAYER_GAP };
            end = begin + thickness;
            across.push((begin + thickness / 2.0, end));
        }
        across
    }

    fn width(&self) -> f64 {
        let ends = (0..self.items.len()).map(|item| self.at[item] + self.items[item].size.along / 2.0);
        ends.fold(0.0, f64::max)
    }

    /// Returns where each edge leaves its first node and meets its last one, spread so that they do not cross there.
    fn ports(&self, nodes: &[Size], chains: &[(Vec<usize>, usize)]) -> Vec<[f64; 2]> {
        let mut ports = vec![[0.0; 2]; chains.len()];
        for (node, size) in nodes.iter().enumerate() {
            for end in [0, 1] {
                let beside = |chain: &[usize]| if end == 0 { chain[1] } else { chain[chain.len() - 2] };
                let own = |chain: &[usize]| if end == 0 { chain[0] } else { chain[chain.len() - 1] };
                let mut here: Vec<usize> =
                    (0..chains.len()).filter(|number| own(&chains[*number].0) == node).collect();
                here.sort_by(|a, b| {
                    self.at[beside(&chains[*a].0)].total_cmp(&self.at[beside(&chains[*b].0)])
                });
                let room = (size.along - 24.0).max(0.0);
                let count = here.len();
                let gap = if count > 1 { PORT_GAP.min(room / (count - 1) as f64) } else { 0.0 };
                for (at, number) in here.into_iter().enumerate() {
                    ports[number][end] = self.at[node] + (at as f64 - (count - 1) as f64 / 2.0) * gap;
                }
            }
        }
        ports
    }
}

/// Counts the pairs that stand in the wrong order.
fn inversions(numbers: &[f64]) -> usize {
    let mut sorted: Vec<f64> = Vec::with_capacity(numbers.len());
    let mut count = 0;
    for number in numbers {
        let at = sorted.partition_point(|other| other <= number);
        count += sorted.len() - at;
        sorted.insert(at, *number);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_overlaps_and_every_edge_arrives(
            count in 1usize..12,
            ends in prop::collection::vec((0usize..12, 0usize..12), 0..30),
        ) {
            let nodes = vec![Size { along: 80.0, across: 30.0 }; count];
            let label = Size { along: 40.0, across: 12.0 };
            let edges: Vec<Edge> = ends
                .into_iter()
                .map(|(from, to)| Edge { from: from % count, to: to % count, label })
                .filter(|edge| edge.from != edge.to)
                .collect();
            let places = place(&nodes, &edges);
            for (one, first) in places.nodes.iter().enumerate() {
                for second in &places.nodes[one + 1..] {
                    let apart = (first.0 - second.0).abs() >= 80.0 || (first.1 - second.1).abs() >= 30.0;
                    prop_assert!(apart, "{first:?} {second:?}");
                }
            }
            for (edge, route) in edges.iter().zip(&places.edges) {
                let near = |node: usize, point: Point| {
                    let (along, across) = places.nodes[node];
                    (along - point.0).abs() <= 40.0 && ((across - point.1).abs() - 15.0).abs() < 0.01
                };
                prop_assert!(near(edge.from, route.points[0]));
                prop_assert!(near(edge.to, *route.points.last().unwrap()));
            }
        }
    }
}
