//! The page is safe whatever a database names.
