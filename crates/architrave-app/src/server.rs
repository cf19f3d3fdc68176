//! Private servers for the command line: list, install, clean.

pub use architrave_postgres::server::{
    Installation, NoProgress, Progress, ServerError, ServerOptions, clean, install, installations, kill_all,
};
