//! The table the scanner goes by, made once of the descriptors and the limits.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::DescriptorProto;
use prost_types::FieldDescriptorProto;
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::Label;
use prost_types::field_descriptor_proto::Type;

use super::scan::FIXED_32;
use super::scan::FIXED_64;
use super::scan::LENGTH;
use super::scan::VARINT;
use super::values::LIMITS;
use super::values::Limit;
use super::values::TEXT_MAX;
use super::values::UNKNOWN_MAX;
use super::values::Who;
use crate::wire::DESCRIPTORS;

/// Fields of one message that are counted.
pub(super) const SLOTS: usize = 8;

/// Every message with its limits.
#[derive(Debug)]
pub(super) struct Table {
    messages: Vec<Message>,
    by_name: HashMap<String, u16>,
    /// The header of a document, which travels as bytes.
    pub(super) header: u16,
    /// Most bytes of a request, by path.
    by_path: HashMap<String, usize>,
}

/// One type of message.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Whether a method takes it.
    pub(super) is_request: bool,
    /// By number.
    fields: Vec<Option<Field>>,
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) is_list: bool,
    /// Where it is counted: lists, and messages that may stand once.
    pub(super) slot: Option<u8>,
    /// How often it may stand, where it is counted.
    pub(super) most: u32,
}

/// What a field's value is on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Varint,
    Fixed32,
    Fixed64,
    /// A text or bytes; `scanned` where the scanner holds the limit.
    Length {
        most: u32,
        scanned: bool,
    },
    /// Place in the table.
    Message(u16),
}

impl Kind {
    pub(super) fn wire_type(self) -> u32 {
        match self {
            Self::Varint => VARINT,
            Self::Fixed32 => FIXED_32,
            Self::Fixed64 => FIXED_64,
            Self::Length { .. } | Self::Message(_) => LENGTH,
        }
    }
}

impl Message {
    #[inline]
    pub(super) fn field(&self, number: u32) -> Option<&Field> {
        self.fields.get(number as usize)?.as_ref()
    }
}

/// The table of the contract.
pub(super) fn of_wire() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap_or_default();
        Table::new(&set, LIMITS)
    });
    &TABLE
}

impl Table {
    pub(super) fn new(set: &FileDescriptorSet, limits: &[Limit]) -> Self {
        let described = messages_of(set);
        let by_name: HashMap<String, u16> = (0..)
            .zip(&described)
            .map(|(index, (name, _))| (name.clone(), index))
            .collect();
        let limits: HashMap<&str, &Limit> =
            limits.iter().map(|limit| (limit.field, limit)).collect();
        let messages = described
            .iter()
            .map(|(name, described)| {
                let short = name.strip_prefix("docaxis.v1.").unwrap_or(name);
                message_of(short, described, &by_name, &limits)
            })
            .collect();
        let header = by_name.get("docaxis.v1.DocumentHeader").copied();
        let mut table = Self {
            messages,
            header: header.unwrap_or_default(),
            by_name,
            by_path: HashMap::new(),
        };
        for (path, input) in methods_of(set) {
            let Some(index) = table.by_name.get(&input).copied() else {
                continue;
            };
            if let Some(message) = table.messages.get_mut(usize::from(index)) {
                message.is_request = true;
            }
            let most = table.largest(index, 0).saturating_add(UNKNOWN_MAX);
            table.by_path.insert(path, most);
        }
        table
    }

    pub(super) fn find(&self, name: &str) -> Option<&Message> {
        self.by_name.get(name).map(|index| self.message(*index))
    }

    pub(super) fn message(&self, index: u16) -> &Message {
        &self.messages[usize::from(index)]
    }

    pub(super) fn request_of(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// Most bytes of a message with every field full.
    fn largest(&self, index: u16, depth: u32) -> usize {
        // A key and a length take at most five bytes each.
        const AROUND: usize = 10;
        if depth > 16 {
            return usize::MAX;
        }
        let fields = self.message(index).fields.iter().flatten();
        let sizes = fields.map(|field| {
            let one = match field.kind {
                Kind::Varint => 10,
                Kind::Fixed32 => 4,
                Kind::Fixed64 => 8,
                Kind::Length { most, .. } => most as usize,
                Kind::Message(inner) => self.largest(inner, depth + 1),
            };
            let times = field.slot.map_or(1, |_| field.most as usize);
            one.saturating_add(AROUND).saturating_mul(times)
        });
        sizes.fold(0, usize::saturating_add)
    }
}

fn message_of(
    name: &str,
    described: &DescriptorProto,
    by_name: &HashMap<String, u16>,
    limits: &HashMap<&str, &Limit>,
) -> Message {
    let mut message = Message::default();
    let mut slots = 0..;
    for field in &described.field {
        let Ok(number) = usize::try_from(field.number()) else {
            continue;
        };
        let is_list = field.label() == Label::Repeated;
        let limit = limits.get(format!("{name}.{}", field.name()).as_str());
        let kind = kind_of(field, limit.copied(), by_name);
        let is_counted = is_list || matches!(kind, Kind::Message(_));
        // A list nobody thought of may hold nothing: the test that walks the descriptors names it.
        let most = match limit {
            _ if !is_list => 1,
            Some(limit) if limit.who == Who::Hub => u32::MAX,
            Some(limit) => small(limit.elements.unwrap_or_default()),
            None => 0,
        };
        if message.fields.len() <= number {
            message.fields.resize_with(number + 1, || None);
        }
        message.fields[number] = Some(Field {
            name: field.name().to_owned(),
            kind,
            is_list,
            slot: is_counted.then(|| slots.next()).flatten(),
            most,
        });
    }
    message
}

fn kind_of(
    field: &FieldDescriptorProto,
    limit: Option<&Limit>,
    by_name: &HashMap<String, u16>,
) -> Kind {
    let length = |default: usize| {
        let who = limit.map_or(Who::Scanner, |limit| limit.who);
        let most = limit.and_then(|limit| limit.bytes).unwrap_or(default);
        Kind::Length {
            most: if who == Who::Hub {
                u32::MAX
            } else {
                small(most)
            },
            scanned: who == Who::Scanner,
        }
    };
    match field.r#type() {
        Type::String => length(TEXT_MAX),
        Type::Bytes => length(0),
        Type::Message | Type::Group => {
            let name = field.type_name().trim_start_matches('.');
            Kind::Message(by_name.get(name).copied().unwrap_or_default())
        }
        Type::Double | Type::Fixed64 | Type::Sfixed64 => Kind::Fixed64,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => Kind::Fixed32,
        Type::Int32
        | Type::Int64
        | Type::Uint32
        | Type::Uint64
        | Type::Sint32
        | Type::Sint64
        | Type::Bool
        | Type::Enum => Kind::Varint,
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Every message with its full name, nested ones too.
pub(super) fn messages_of(set: &FileDescriptorSet) -> Vec<(String, &DescriptorProto)> {
    let mut found = Vec::new();
    for file in &set.file {
        let mut waiting: Vec<(String, &DescriptorProto)> = file
            .message_type
            .iter()
            .map(|message| (format!("{}.{}", file.package(), message.name()), message))
            .collect();
        while let Some((name, message)) = waiting.pop() {
            let nested = message.nested_type.iter();
            waiting.extend(nested.map(|inner| (format!("{name}.{}", inner.name()), inner)));
            found.push((name, message));
        }
    }
    found
}

/// Path and request of every method.
pub(super) fn methods_of(set: &FileDescriptorSet) -> Vec<(String, String)> {
    let services = set
        .file
        .iter()
        .flat_map(|file| file.service.iter().map(move |service| (file, service)));
    let methods = services.flat_map(|(file, service)| {
        service.method.iter().map(move |method| {
            let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
            let input = method.input_type().trim_start_matches('.').to_owned();
            (path, input)
        })
    });
    methods.collect()
}
