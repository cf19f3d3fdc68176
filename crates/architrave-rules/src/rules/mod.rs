//! The rules, one folder per group.

pub(crate) mod backup;
pub(crate) mod clerk;
pub(crate) mod column;
pub(crate) mod connection;
pub(crate) mod constraint;
pub(crate) mod function;
pub(crate) mod house;
pub(crate) mod index;
pub(crate) mod key;
pub(crate) mod maintenance;
pub(crate) mod migration;
pub(crate) mod network;
pub(crate) mod plan;
pub(crate) mod privacy;
pub(crate) mod query;
pub(crate) mod rls;
pub(crate) mod schema;
pub(crate) mod server;
pub(crate) mod table;
pub(crate) mod trigger;
pub(crate) mod r#type;
pub(crate) mod view;
