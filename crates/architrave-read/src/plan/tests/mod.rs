//! Plans are read as they are written: by PostgreSQL in all forms, by clients around it, by people who paste.

mod all_forms;
mod corpus;
