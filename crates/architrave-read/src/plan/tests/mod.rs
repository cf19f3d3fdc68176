//! Plans are read as they are written: by PostgreSQL in all forms, by clients around it, by people who paste.

mod all_forms;
mod clients;
mod corpus;
mod damaged;
mod logs;
mod refused;
mod spelled_out;
