//! The rules of `pg_hba.conf`.

use crate::session::Question;

pub(crate) static QUESTION: Question = Question::new("pg_hba rules", include_str!("hba_rule.sql"))
    .or("grant EXECUTE on function pg_hba_file_rules() and SELECT on pg_hba_file_rules to this role, or connect as a superuser");
