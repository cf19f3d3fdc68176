//! Offline readers: migration formats, house rules, stack facts, snapshots.
