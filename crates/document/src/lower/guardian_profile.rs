//! A Guardian profile -> one confinement per dimension, and the operations that would change the meaning of its paths.

use std::sync::Arc;

use telovix_diagnostic::Sink;
use telovix_diagnostic::source::{Span, Spanned};
use telovix_policy::confine::{
    AccessSet, CapabilitySet, Condition, Confinement, Dimension, DocumentKind, DocumentReference, Effect,
    EndpointSet, Exemption, Gate, Listing, Member, MemberValue, Operation, PathSet, PortSet, Subject,
};
use telovix_policy::value::{Capability, Cidr, PathPattern, PortRange, Syscall};

use super::name_space::OPEN_NAME_SPACE;
use super::{Options, exception};
use crate::{GuardianProfile, List, ProfileMode};

/// Appends the confinements of a profile. A profile in mode `observe` has none.
pub(super) fn lower(
    profile: &GuardianProfile,
    options: Options,
    confinements: &mut Vec<Confinement>,
    sink: &mut Sink,
) {
    let exemptions = exception::exemptions(&profile.exceptions, options, sink);
    let effect = match profile.mode.value {
        ProfileMode::Observe => return,
        ProfileMode::Audit => Effect::Kill,
        ProfileMode::Enforce => Effect::Deny,
    };
    let document = Arc::new(DocumentReference {
        kind: DocumentKind::GuardianProfile,
        id: profile.profile_id.value.as_str().to_owned(),
        name: profile.name.value.clone(),
    });
    let envelope = Envelope { profile, document, effect, exemptions };
    confinements.extend(profile.allowed_spawns.as_ref().map(|list| envelope.spawns(list)));
    confinements.extend(profile.allowed_files.as_ref().map(|list| envelope.files(list)));
    confinements.extend(envelope.network());
    confinements.extend(profile.allowed_capabilities.as_ref().map(|list| envelope.capabilities(list)));
    confinements.extend(profile.blocked_syscalls.as_ref().map(|list| envelope.syscalls(list)));
    if let Some(span) = envelope.name_space_span() {
        confinements.extend(envelope.name_space(span));
    }
}

/// The common parts of all confinements of a profile.
struct Envelope<'profile> {
    profile: &'profile GuardianProfile,
    document: Arc<DocumentReference>,
    effect: Effect,
    exemptions: Vec<Exemption>,
}

impl Envelope<'_> {
    fn spawns(&self, list: &List<PathPattern>) -> Confinement {
        let listed: PathSet = list.items.iter().map(|item| &item.value).collect();
        let condition = Condition::Exec { paths: listed.into_complement(), anonymous: true };
        let members = members(list, |pattern| MemberValue::Path(pattern.clone()));
        self.allows(Dimension::Spawns, list.span, Operation::Exec, condition, members)
    }

    fn files(&self, list: &List<PathPattern>) -> Confinement {
        let listed: PathSet = list.items.iter().map(|item| &item.value).collect();
        let condition = Condition::Open { paths: listed.into_complement(), accesses: AccessSet::GOVERNED };
        let members = members(list, |pattern| MemberValue::Path(pattern.clone()));
        self.allows(Dimension::Files, list.span, Operation::Open, condition, members)
    }

    /// Ports and CIDR blocks are AND-ed, so they are one condition; an absent list does not confine.
    fn network(&self) -> Option<Confinement> {
        let ports: Option<&List<PortRange>> = self.profile.allowed_dst_ports.as_ref();
        let cidrs: Option<&List<Cidr>> = self.profile.allowed_dst_cidrs.as_ref();
        let span = [ports.map(|list| list.span), cidrs.map(|list| list.span)].into_iter().flatten().min()?;
        let port_set =
            ports.map_or_else(PortSet::all, |list| list.items.iter().map(|item| item.value).collect());
        let listed = match cidrs {
            Some(list) => EndpointSet::product(list.items.iter().map(|item| item.value), &port_set),
            None => EndpointSet::any_address(port_set),
        };
        let (ports, cidrs) = (items(ports), items(cidrs));
        let mut members = Vec::with_capacity(ports.len() + cidrs.len());
        members.extend(
            ports.iter().map(|item| Member { value: MemberValue::Ports(item.value), span: item.span }),
        );
        members.extend(
            cidrs.iter().map(|item| Member { value: MemberValue::Cidr(item.value), span: item.span }),
        );
        let condition = Condition::Connect(listed.into_complement());
        Some(self.allows(Dimension::Network, span, Operation::Connect, condition, members))
    }

    fn capabilities(&self, list: &List<Capability>) -> Confinement {
        let listed: CapabilitySet = list.items.iter().map(|item| item.value).collect();
        let condition = Condition::Capability(listed.complement());
        let members = members(list, |capability| MemberValue::Capability(*capability));
        self.allows(Dimension::Capabilities, list.span, Operation::Capability, condition, members)
    }

    fn syscalls(&self, list: &List<Syscall>) -> Confinement {
        let condition =
            Condition::Syscall(list.items.iter().flat_map(|item| item.value.operation()).collect());
        let members = members(list, |syscall| MemberValue::Syscall(*syscall));
        self.confinement(
            Dimension::Syscalls,
            list.span,
            Operation::Syscall,
            condition,
            Listing::Blocks,
            members,
        )
    }

    /// Returns the list whose path rules changes of mounts could bypass, unless the author waives this.
    fn name_space_span(&self) -> Option<Span> {
        let waived = self.profile.waive.iter().any(|waiver| waiver.name.value == OPEN_NAME_SPACE.id);
        let spans = [&self.profile.allowed_spawns, &self.profile.allowed_files];
        spans.into_iter().flatten().map(|list| list.span).min().filter(|_| !waived)
    }

    fn name_space(&self, span: Span) -> Vec<Confinement> {
        let chroot = Syscall::parse("chroot").into_iter().collect();
        [
            (Operation::Syscall, Condition::Syscall(chroot)),
            (Operation::UserNamespace, Condition::Always),
            (Operation::PivotRoot, Condition::Always),
            (Operation::Mount, Condition::Always),
            (Operation::Unshare, Condition::Always),
        ]
        .into_iter()
        .map(|(operation, condition)| {
            self.confinement(Dimension::NameSpace, span, operation, condition, Listing::Blocks, Vec::new())
        })
        .collect()
    }

    fn allows(
        &self,
        dimension: Dimension,
        span: Span,
        operation: Operation,
        condition: Condition,
        members: Vec<Member>,
    ) -> Confinement {
        self.confinement(dimension, span, operation, condition, Listing::Allows, members)
    }

    fn confinement(
        &self,
        dimension: Dimension,
        span: Span,
        operation: Operation,
        condition: Condition,
        listing: Listing,
        members: Vec<Member>,
    ) -> Confinement {
        let profile = self.profile;
        Confinement {
            document: Arc::clone(&self.document),
            dimension,
            span,
            subject: Subject::Binary(profile.target_binary.value.clone()),
            children: profile.children.value,
            operation,
            condition,
            effect: self.effect,
            gate: Gate::Active,
            scope: profile.scope(),
            exemptions: self.exemptions.clone(),
            listing,
            members,
            waivers: Arc::clone(&profile.waive),
        }
    }
}

/// Returns each entry of a list with its line.
pub(super) fn members<T>(list: &List<T>, value: impl Fn(&T) -> MemberValue) -> Vec<Member> {
    list.items.iter().map(|item| Member { value: value(&item.value), span: item.span }).collect()
}

fn items<T>(list: Option<&List<T>>) -> &[Spanned<T>] {
    list.map_or(&[], |list| &list.items)
}
