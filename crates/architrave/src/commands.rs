//! One file per command, and where their reports go.

pub(crate) mod delivery;
pub(crate) mod diff;
pub(crate) mod docs;
pub(crate) mod explain;
pub(crate) mod index;
pub(crate) mod lint;
pub(crate) mod manual;
pub(crate) mod postgres;
pub(crate) mod review;
pub(crate) mod rls;
pub(crate) mod rules;
pub(crate) mod selftest;
pub(crate) mod snapshot;
pub(crate) mod twin;
