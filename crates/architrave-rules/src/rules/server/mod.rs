//! Rules on the server.

mod checksum_failures;
mod checksums_off;
mod releases;
mod tablespace_in_data_directory;
mod version_out_of_date;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] =
    &[&checksum_failures::RULE, &checksums_off::RULE, &tablespace_in_data_directory::RULE, &version_out_of_date::RULE];
