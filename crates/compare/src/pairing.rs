//! The pieces of two sides -> pairs: by id, then by name, then by binary.

use std::collections::BTreeMap;

use super::{Piece, Side};

/// Corresponding pieces of both sides; one of them may be missing.
pub(super) type Pair<'policy> = (Option<&'policy Piece<'policy>>, Option<&'policy Piece<'policy>>);

/// Pairs every piece with its counterpart. Documents of one kind correspond if they have the same id in the same
/// pack version, else the same id, else the same name, else the same binary.
pub(super) fn pair<'policy>(
    before: &'policy Side<'policy>,
    after: &'policy Side<'policy>,
) -> Vec<Pair<'policy>> {
    // An image contains only confinements: other documents of the other side are not reported as removed.
    let whole = before.sources().is_some() && after.sources().is_some();
    let compared = |piece: &&'policy Piece<'policy>| whole || !piece.confinements().is_empty();
    let mut old: Vec<Option<&Piece<'_>>> = before.pieces().iter().filter(compared).map(Some).collect();
    let mut new: Vec<Option<&Piece<'_>>> = after.pieces().iter().filter(compared).map(Some).collect();
    let mut pairs = Vec::with_capacity(old.len().max(new.len()));
    let keys: [fn(&Piece<'_>) -> Option<String>; 4] = [
        |piece| Some(format!("{}\0{}", super::outline::pack_name(piece).unwrap_or_default(), piece.id)),
        |piece| Some(piece.id.to_owned()),
        |piece| Some(piece.name.to_owned()),
        |piece| piece.binary.map(str::to_owned),
    ];
    for key in keys {
        let mut waiting: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
        for (at, piece) in new.iter().enumerate().rev() {
            let keyed = piece.and_then(|piece| Some((piece.kind, key(piece)?)));
            if let Some(keyed) = keyed {
                waiting.entry(keyed).or_default().push(at);
            }
        }
        for slot in &mut old {
            let keyed = slot.and_then(|piece| Some((piece.kind, key(piece)?)));
            let found = keyed.and_then(|keyed| waiting.get_mut(&keyed)?.pop());
            if let Some(counterpart) = found.and_then(|at| new.get_mut(at)) {
                pairs.push((slot.take(), counterpart.take()));
            }
        }
    }
    pairs.extend(old.into_iter().flatten().map(|piece| (Some(piece), None)));
    pairs.extend(new.into_iter().flatten().map(|piece| (None, Some(piece))));
    pairs
}
