//! The last word on the order: what must be committed first comes first, what reads rows comes last.

use super::{Form, Step};

fn rank(form: Form) -> u8 {
    match form {
        Form::EnumValue => 0,
        Form::AloneFirst => 1,
        Form::Transaction | Form::Alone => 2,
        Form::AloneLast => 3,
        Form::Validation => 4,
        Form::AfterValidation => 5,
    }
}

/// Sorts by form; of one form the order stays.
pub(super) fn tidy(steps: &mut [Step]) {
    // Validations of one table stand together: they may share a file.
    let table = |step: &Step| if step.form == Form::Validation { step.statement.clone() } else { String::new() };
    steps.sort_by_cached_key(|step| (rank(step.form), table(step)));
}

/// Told renames first, in a transaction of their own where enum values follow; then the rest by form.
pub fn in_order(first: Vec<Step>, mut rest: Vec<Step>) -> Vec<Step> {
    tidy(&mut rest);
    let mut all = first;
    all.append(&mut rest);
    all
}
