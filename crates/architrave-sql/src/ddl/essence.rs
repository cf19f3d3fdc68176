//! The part of a catalogue that text alone can tell.
use architrave_model::Catalog;
/// Canonical form.
pub fn essence(catalog: &Catalog) -> Catalog {
    catalog.clone()
}
