//! The evidence of an attack as scripts.
