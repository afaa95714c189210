//! Both sides and an operation -> one event of each case that one of them distinguishes.

use telovix_compare::cut;
use telovix_policy::confine::{Confinement, Operation};
use telovix_policy::judge::Event;
use telovix_tetragon::interpret::{Decided, DecidedHook, Representatives};

/// Returns an event inside and outside of every entry, at every boundary, for every subject, exception and scope, of the
/// confinements and of what was made of them: where both sides agree on these they agree on every event. Where one
/// document distinguishes too many cases, those of each confinement alone; nothing where that is too many as well.
pub(super) fn cases(
    operation: Operation,
    confinements: &[&Confinement],
    policies: &[&Decided],
    counts: &impl Fn(&DecidedHook) -> bool,
) -> Option<Vec<Event>> {
    let of = |confinements: &[&Confinement]| {
        let mut events = Representatives::of(operation);
        confinements.iter().for_each(|confinement| cut(&mut events, confinement));
        for policy in policies {
            events.add(policy, counts);
        }
        events.events()
    };
    of(confinements).or_else(|| {
        let alone = confinements.iter().map(|confinement| of(&[*confinement]));
        alone.collect::<Option<Vec<_>>>().map(|events| events.into_iter().flatten().collect())
    })
}
