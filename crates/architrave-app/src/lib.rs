//! The facade that the command line shares with later front ends: open targets, check, prove, assemble the report.
