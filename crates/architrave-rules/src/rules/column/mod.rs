//! Rules on single columns.

mod always_null;
mod default_frozen_time;
mod default_null_text;
mod default_of_session_zone;
mod files_in_rows;
mod large_object_unmanaged;
mod length_limit_reached;
mod list_in_text;
mod never_null;
mod nullable_foreign_key;
mod password_plain_text;
mod references_in_array;
mod single_value;
mod status_unchecked;
mod type_differs_from_key;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[
    &always_null::RULE,
    &default_frozen_time::RULE,
    &default_null_text::RULE,
    &default_of_session_zone::RULE,
    &files_in_rows::RULE,
    &large_object_unmanaged::RULE,
    &length_limit_reached::RULE,
    &list_in_text::RULE,
    &never_null::RULE,
    &nullable_foreign_key::RULE,
    &password_plain_text::RULE,
    &references_in_array::RULE,
    &single_value::RULE,
    &status_unchecked::RULE,
    &type_differs_from_key::RULE,
];

/// The words of a name in lower case: `unitPrice`, `unit_price` and `unit-price` alike.
pub(in crate::rules) fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words_of("unitPrice"), ["unit", "price"]);
        assert_eq!(words_of("unit_price_EUR"), ["unit", "price", "eur"]);
        assert_eq!(words_of("clerkUserId"), ["clerk", "user", "id"]);
        assert_eq!(words_of("__x"), ["x"]);
    }
}
