//! More patterns than a profile should have -> fewer, wider ones, at the least cost.

use std::collections::BTreeMap;

use telovix_policy::value::PathPattern;

use crate::entry::Reason;
use crate::pattern::{covers, opened, refusal, start};
use crate::world::World;

/// Entries of one folder that are worth a wider one.
const WORTH: usize = 3;

/// Puts patterns of one folder together until at most `most` are left, or until every further step would allow too
/// much. Each step takes the folder that allows the fewest paths of other binaries for each entry it saves.
pub(super) fn fold(patterns: &mut BTreeMap<PathPattern, Reason>, most: usize, world: &World<'_>) {
    while patterns.len() > most {
        let mut folders: BTreeMap<String, usize> = BTreeMap::new();
        for pattern in patterns.keys() {
            let start = start(pattern);
            let text = start.trim_end_matches('/');
            for (at, _) in text.match_indices('/').skip(1) {
                if let Some(folder) = text.get(..at) {
                    *folders.entry(folder.to_owned()).or_default() += 1;
                }
            }
        }
        let candidates = folders.into_iter().filter(|(_, entries)| *entries >= WORTH);
        let candidates = candidates.filter_map(|(folder, entries)| {
            let pattern = opened(&folder, "").filter(|pattern| refusal(pattern).is_none())?;
            let cost = (world.foreign(&pattern) + 1) as f64 / (entries - 1) as f64;
            Some((cost, std::cmp::Reverse(folder.len()), pattern, entries))
        });
        let best = candidates.min_by(|left, right| {
            left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)).then_with(|| left.2.cmp(&right.2))
        });
        let Some((_, _, pattern, entries)) = best else { return };
        patterns.retain(|narrow, _| !covers(&pattern, narrow));
        patterns.insert(pattern, Reason::Limit { entries });
    }
}
