//! Table of who may call what: every RPC of the hub, the roles it is for, and what one organisation may
//! have of it under way. `docs/access.md` shows it; a test compares the two, and tries every cell.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::hub::core::Core;
use crate::hub::peer::Peer;
use crate::hub::registry::AgencyState;
use crate::model::Refusal;

/// What a caller is to the axis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::hub) enum Role {
    /// No certificate, or one that does not lead to the anchors, ended or was revoked.
    Nobody,
    /// A good certificate of an organisation that is not in the registry.
    Unregistered,
    /// On its way onto the axis.
    Joining,
    /// On the test axis.
    Testing,
    /// Exchanges documents.
    Active,
    /// Suspended, or merged into another: it may take in what waits.
    Locked,
    /// Taken off the axis, its certificate not yet on a revocation list.
    Revoked,
    /// The operator of the axis.
    Operator,
}

impl Role {
    /// Every role, in the order of the table's columns.
    pub(in crate::hub) const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Unregistered,
        Self::Joining,
        Self::Testing,
        Self::Active,
        Self::Locked,
        Self::Revoked,
        Self::Operator,
    ];

    /// The role of a peer, or why it is nobody.
    pub(super) fn of(core: &Core, peer: &Peer) -> (Self, Result<crate::model::OrganId, Refusal>) {
        let organ = peer.identity();
        let role = match &organ {
            Err(_) => Self::Nobody,
            Ok(organ) if *organ == core.config.operator => Self::Operator,
            Ok(organ) => match core.agencies.load().find(*organ).map(|(_, row)| row.state) {
                None => Self::Unregistered,
                Some(AgencyState::Joining) => Self::Joining,
                Some(AgencyState::Testing) => Self::Testing,
                Some(AgencyState::Active) => Self::Active,
                Some(AgencyState::Suspended | AgencyState::Merged) => Self::Locked,
                Some(AgencyState::Revoked) => Self::Revoked,
            },
        };
        (role, organ)
    }
}

/// Kind of call: what it may hold while it is under way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::hub) enum Kind {
    /// One document, answered when it is on disk.
    Submit,
    /// Documents, pipelined.
    SubmitStream,
    /// Deliveries.
    Subscribe,
    /// One document with its payload as the answer.
    Fetch,
    /// One small request, one small answer.
    Small,
    /// Status reports, up to a thousand with half a kilobyte of text each.
    Reports,
    /// A list, or counters.
    List,
    /// Statuses, pipelined.
    StatusStream,
    /// An attachment in: holds an open file.
    Upload,
    /// An attachment out: holds an open file.
    Download,
    /// Totals as they change.
    Watch,
    /// Conformance and capacity tests.
    Rehearsal,
    /// Health, time, joining: what strangers call, too.
    Public,
    /// Reflection, which is a stream and for anybody.
    Reflection,
}

impl Kind {
    /// Every kind.
    pub(in crate::hub) const ALL: [Self; 14] = [
        Self::Submit,
        Self::SubmitStream,
        Self::Subscribe,
        Self::Fetch,
        Self::Small,
        Self::Reports,
        Self::List,
        Self::StatusStream,
        Self::Upload,
        Self::Download,
        Self::Watch,
        Self::Rehearsal,
        Self::Public,
        Self::Reflection,
    ];

    /// Calls of this kind one organisation may have under way, over all its connections. Those that
    /// hold memory until their caller reads on are few; a call beyond the limit waits its turn.
    pub(in crate::hub) const fn under_way_max(self) -> usize {
        match self {
            // A document each, whose bytes are bounded beside.
            Self::Submit => 1024,
            // 256 receipts each that nobody reads.
            Self::SubmitStream => 16,
            // A batch of a mebibyte and the largest document each.
            Self::Subscribe | Self::Fetch => 8,
            // Some tens of microseconds of a reactor thread each.
            Self::Small => 64,
            // Up to four megabytes each, as it came and as it is read.
            Self::Reports => 16,
            // Up to milliseconds and megabytes each.
            Self::List | Self::StatusStream => 8,
            // An open file each.
            Self::Upload | Self::Download => 8,
            Self::Watch | Self::Reflection => 4,
            Self::Rehearsal => 2,
            Self::Public => 16,
        }
    }

    /// Whether the caller's messages have no end by themselves: silence between two is lawful.
    pub(in crate::hub) const fn is_stream(self) -> bool {
        matches!(
            self,
            Self::SubmitStream
                | Self::Subscribe
                | Self::StatusStream
                | Self::Upload
                | Self::Rehearsal
                | Self::Reflection
        )
    }

    /// Position in dense tables.
    pub(in crate::hub) const fn index(self) -> usize {
        self as usize
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(in crate::hub) struct Rpc {
    /// `/package.Service/Method`.
    pub(in crate::hub) path: &'static str,
    pub(in crate::hub) kind: Kind,
    /// Roles it is for; any other is refused before a byte of its message is kept.
    pub(in crate::hub) roles: &'static [Role],
}

use Role::Active;
use Role::Joining;
use Role::Locked;
use Role::Operator;
use Role::Testing;
use Role::Unregistered;

/// Anybody.
const PUBLIC: &[Role] = &Role::ALL;
/// Whoever is in the registry and not off the axis for good.
const REGISTERED: &[Role] = &[Joining, Testing, Active, Locked, Operator];
/// Whoever walks the procedure: what the hub grants by itself enters the registry with its first
/// connection.
const CANDIDATES: &[Role] = &[Unregistered, Joining, Testing, Active, Operator];
/// Whoever sends documents.
const SENDERS: &[Role] = &[Testing, Active, Operator];
/// Whoever takes documents in.
const RECIPIENTS: &[Role] = &[Testing, Active, Locked, Operator];
/// The operator alone.
const OPERATOR: &[Role] = &[Operator];

const fn rpc(path: &'static str, kind: Kind, roles: &'static [Role]) -> Rpc {
    Rpc { path, kind, roles }
}

/// The table.
pub(in crate::hub) const RPCS: &[Rpc] = &[
    rpc("/docaxis.v1.Exchange/Submit", Kind::Submit, SENDERS),
    rpc(
        "/docaxis.v1.Exchange/SubmitStream",
        Kind::SubmitStream,
        SENDERS,
    ),
    rpc("/docaxis.v1.Exchange/PutAttachment", Kind::Upload, SENDERS),
    rpc("/docaxis.v1.Exchange/GetUpload", Kind::Small, SENDERS),
    rpc(
        "/docaxis.v1.Exchange/Subscribe",
        Kind::Subscribe,
        RECIPIENTS,
    ),
    rpc("/docaxis.v1.Exchange/ListPending", Kind::List, RECIPIENTS),
    rpc("/docaxis.v1.Exchange/Fetch", Kind::Fetch, RECIPIENTS),
    rpc("/docaxis.v1.Exchange/Acknowledge", Kind::Small, RECIPIENTS),
    rpc(
        "/docaxis.v1.Exchange/ReportStatus",
        Kind::Reports,
        RECIPIENTS,
    ),
    rpc(
        "/docaxis.v1.Exchange/ReportStatusStream",
        Kind::StatusStream,
        RECIPIENTS,
    ),
    rpc(
        "/docaxis.v1.Exchange/GetAttachment",
        Kind::Download,
        RECIPIENTS,
    ),
    rpc("/docaxis.v1.Exchange/Track", Kind::Small, RECIPIENTS),
    rpc("/docaxis.v1.Registry/ListAgencies", Kind::List, REGISTERED),
    rpc("/docaxis.v1.Registry/GetAxis", Kind::Public, PUBLIC),
    rpc("/docaxis.v1.Registry/Apply", Kind::Public, PUBLIC),
    rpc("/docaxis.v1.Registry/SubmitCsr", Kind::Public, PUBLIC),
    rpc("/docaxis.v1.Registry/GetApplication", Kind::Public, PUBLIC),
    rpc(
        "/docaxis.v1.Registry/GetReadinessCertificate",
        Kind::Public,
        PUBLIC,
    ),
    rpc(
        "/docaxis.v1.Registry/CheckConnection",
        Kind::Small,
        CANDIDATES,
    ),
    rpc("/docaxis.v1.Registry/Register", Kind::Small, CANDIDATES),
    rpc(
        "/docaxis.v1.Registry/RunConformance",
        Kind::Rehearsal,
        CANDIDATES,
    ),
    rpc(
        "/docaxis.v1.Registry/RunCapacity",
        Kind::Rehearsal,
        CANDIDATES,
    ),
    rpc("/docaxis.v1.Registry/Activate", Kind::Small, CANDIDATES),
    rpc(
        "/docaxis.v1.Registry/ListApplications",
        Kind::List,
        OPERATOR,
    ),
    rpc("/docaxis.v1.Registry/Approve", Kind::Small, OPERATOR),
    rpc("/docaxis.v1.Registry/Reject", Kind::Small, OPERATOR),
    rpc(
        "/docaxis.v1.Registry/DeleteApplication",
        Kind::Small,
        OPERATOR,
    ),
    rpc("/docaxis.v1.Registry/Suspend", Kind::Small, OPERATOR),
    rpc("/docaxis.v1.Registry/Revoke", Kind::Small, OPERATOR),
    rpc("/docaxis.v1.Registry/Merge", Kind::Small, OPERATOR),
    rpc("/docaxis.v1.Monitor/GetTotals", Kind::List, SENDERS),
    rpc("/docaxis.v1.Monitor/ListCounters", Kind::List, SENDERS),
    rpc("/docaxis.v1.Monitor/WatchTotals", Kind::Watch, SENDERS),
    rpc("/docaxis.v1.Monitor/GetCost", Kind::List, SENDERS),
    rpc("/docaxis.v1.Monitor/GetTime", Kind::Public, PUBLIC),
    rpc("/grpc.health.v1.Health/Check", Kind::Public, PUBLIC),
    rpc("/grpc.health.v1.Health/Watch", Kind::Public, PUBLIC),
    rpc(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        Kind::Reflection,
        PUBLIC,
    ),
];

/// The row of a path; `None` where the hub has no such call.
pub(super) fn find(path: &str) -> Option<&'static Rpc> {
    static BY_PATH: LazyLock<HashMap<&'static str, &'static Rpc>> =
        LazyLock::new(|| RPCS.iter().map(|rpc| (rpc.path, rpc)).collect());
    BY_PATH.get(path).copied()
}

impl Rpc {
    /// Why a caller in this role is refused; `None` where it is not.
    pub(super) fn refuses(
        &self,
        core: &Core,
        role: Role,
        organ: Result<crate::model::OrganId, Refusal>,
    ) -> Option<Refusal> {
        if self.roles.contains(&role) {
            return None;
        }
        let organ = match organ {
            Ok(organ) => organ,
            Err(refusal) => return Some(refusal),
        };
        let operator = core.config.operator;
        if self.roles == OPERATOR {
            let caller = organ;
            return Some(Refusal::OperatorOnly { caller, operator });
        }
        let agencies = core.agencies.load();
        let state = agencies.find(organ).map(|(_, agency)| agency.state);
        let sends = matches!(self.kind, Kind::Submit | Kind::SubmitStream | Kind::Upload);
        Some(match state {
            None if !sends => Refusal::AgencyUnknown { organ },
            // Its certificates are revoked after it is: `*` stands for each of them.
            Some(AgencyState::Revoked) => Refusal::CertificateRevoked {
                subject: organ.to_string(),
                serial: "*".to_owned(),
            },
            _ => Refusal::SenderNotActive {
                organ,
                state: state
                    .map_or("not registered", AgencyState::as_str)
                    .to_owned(),
            },
        })
    }
}
