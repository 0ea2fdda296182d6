//! DER as a tree, so that an edit leaves the lengths around it right. Also reads BER with
//! indefinite lengths. Written for the fuzzer, on purpose not with the crate's own reader.

use crate::choices::Choices;
use crate::edit;

/// Elements inside elements that are read.
const DEPTH_MAX: usize = 32;

/// Edits of one input.
const EDITS_MAX: usize = 6;

/// Bytes a tree may grow to: copies of copies grow fast.
const BYTES_MAX: usize = 64 << 10;

const OCTET_STRING: u8 = 0x04;

/// One element.
#[derive(Clone, Debug)]
pub enum Node {
    /// Tag and content.
    Leaf(u8, Vec<u8>),
    /// Tag and what is inside.
    Inner(u8, Vec<Node>),
}

impl Node {
    /// The element at the start, and what follows it.
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        read(bytes, DEPTH_MAX)
    }

    /// As DER.
    pub fn write(&self) -> Vec<u8> {
        match self {
            Self::Leaf(tag, content) => element(*tag, content),
            Self::Inner(tag, inside) => {
                let content: Vec<u8> = inside.iter().flat_map(Self::write).collect();
                element(*tag, &content)
            }
        }
    }

    /// The contents of all octet strings, one after the other: content that was cut in pieces
    /// stands in there whole.
    pub fn octets(&self) -> Vec<u8> {
        match self {
            Self::Leaf(OCTET_STRING, content) => content.clone(),
            Self::Leaf(..) => Vec::new(),
            Self::Inner(_, inside) => inside.iter().flat_map(Self::octets).collect(),
        }
    }

    /// How many elements it is.
    pub fn count(&self) -> usize {
        match self {
            Self::Leaf(..) => 1,
            Self::Inner(_, inside) => 1 + inside.iter().map(Self::count).sum::<usize>(),
        }
    }

    /// The element with this number, counted as they are written.
    pub fn at(&mut self, number: usize) -> Option<&mut Self> {
        if number == 0 {
            return Some(self);
        }
        let Self::Inner(_, inside) = self else {
            return None;
        };
        let mut left = number - 1;
        for node in inside {
            let count = node.count();
            if left < count {
                return node.at(left);
            }
            left -= count;
        }
        None
    }

    fn tag_mut(&mut self) -> &mut u8 {
        match self {
            Self::Leaf(tag, _) | Self::Inner(tag, _) => tag,
        }
    }
}

fn read(bytes: &[u8], depth: usize) -> Option<(Node, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (tag, rest) = bytes.split_first()?;
    let is_inner = tag & 0x20 != 0;
    let (first, mut rest) = rest.split_first()?;
    if *first == 0x80 {
        let mut inside = Vec::new();
        while !rest.starts_with(&[0, 0]) {
            let (node, left) = read(rest, depth)?;
            inside.push(node);
            rest = left;
        }
        return is_inner.then_some((Node::Inner(*tag, inside), &rest[2..]));
    }
    let mut length = usize::from(*first);
    if length > 0x80 {
        let (bytes, left) = rest
            .split_at_checked(length - 0x80)
            .filter(|l| l.0.len() < 5)?;
        length = bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        rest = left;
    }
    let (mut content, rest) = rest.split_at_checked(length)?;
    let whole = content;
    let mut inside = Vec::new();
    while is_inner && !content.is_empty() {
        match read(content, depth) {
            Some((node, left)) => {
                inside.push(node);
                content = left;
            }
            // A lie about what is inside is kept as it stands.
            None => return Some((Node::Leaf(*tag, whole.to_vec()), rest)),
        }
    }
    let node = if is_inner {
        Node::Inner(*tag, inside)
    } else {
        Node::Leaf(*tag, whole.to_vec())
    };
    Some((node, rest))
}

/// Tag, length, content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut bytes = vec![tag];
    if length < 0x80 {
        bytes.push(length as u8);
    } else {
        let long = length.to_be_bytes();
        let zeros = long.iter().take_while(|byte| **byte == 0).count();
        bytes.push(0x80 | (long.len() - zeros) as u8);
        bytes.extend_from_slice(&long[zeros..]);
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Genuine DER after up to six edits of its elements; elements of `others` may come in.
pub fn edited(genuine: &[u8], others: &[&[u8]], choices: &mut Choices<'_>) -> Vec<u8> {
    let Some((mut tree, _)) = Node::read(genuine) else {
        return genuine.to_vec();
    };
    for _ in 0..EDITS_MAX {
        if choices.is_empty() || tree.write().len() > BYTES_MAX {
            break;
        }
        edit(&mut tree, others, choices);
    }
    tree.write()
}

fn edit(tree: &mut Node, others: &[&[u8]], choices: &mut Choices<'_>) {
    let what = choices.byte();
    let number = choices.below(tree.count());
    let new = match what % 10 {
        // An element of another tree, or of this one, or a new one.
        7 | 8 if !others.is_empty() => {
            Node::read(choices.one_of::<&[u8]>(others)).and_then(|(mut other, _)| {
                let from = choices.below(other.count());
                other.at(from).cloned()
            })
        }
        9 => {
            let from = choices.below(tree.count());
            tree.at(from).cloned()
        }
        _ => None,
    };
    let Some(node) = tree.at(number) else {
        return;
    };
    match (what % 10, node, new) {
        (0, node, _) => *node.tag_mut() = choices.byte(),
        (1, Node::Leaf(_, content), _) => *content = edit::edited(content, others, choices),
        (2, Node::Inner(_, inside), _) if !inside.is_empty() => {
            inside.remove(choices.below(inside.len()));
        }
        (3, Node::Inner(_, inside), _) if !inside.is_empty() => {
            let at = choices.below(inside.len());
            inside.insert(at, inside[at].clone());
        }
        (4, Node::Inner(_, inside), _) if !inside.is_empty() => {
            let (one, other) = (choices.below(inside.len()), choices.below(inside.len()));
            inside.swap(one, other);
        }
        (5, Node::Inner(_, inside), _) => {
            let at = choices.below(inside.len() + 1);
            inside.insert(at, Node::Leaf(choices.byte(), choices.bytes(64).to_vec()));
        }
        (6, Node::Inner(tag, inside), _) => {
            let at = choices.below(inside.len() + 1);
            let tag = if choices.byte() % 2 == 0 { 0xa1 } else { *tag };
            inside.insert(at, Node::Inner(tag, Vec::new()));
        }
        (7, node, Some(new)) | (9, node, Some(new)) => *node = new,
        (8, Node::Inner(_, inside), Some(new)) => {
            let at = choices.below(inside.len() + 1);
            inside.insert(at, new);
        }
        _ => {}
    }
}
