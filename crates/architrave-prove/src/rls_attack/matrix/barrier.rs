//! Views that are no barrier: a cheap function of the actor's own is asked before the view's condition, and hears of rows that the view holds back.
//!
//! Only who speaks SQL himself can make such a function; an API makes none.

use super::super::AttackError;
use super::super::arena::Move;
use super::super::statements::literal;
use super::trial::{Attempt, Sign, Trial};
use super::views::Traced;
use super::{Desk, severity};
use crate::rls_attack::meaning::Meant;
use architrave_model::access::{Actor, Command};
use architrave_model::catalog::View;
use architrave_model::name::quote_ident;

/// Set by the function that has heard of the row.
const HEARD: &str = "attack.heard";

impl<'c, 'a> Desk<'c, 'a> {
    /// The way past the condition of a view to one row that it does not show him; none when it is a barrier, or he cannot make a function.
    pub(super) async fn past_the_view(
        &mut self,
        view: &View,
        one: &Traced<'c, 'a>,
        actor: &Actor,
    ) -> Result<Option<(Trial, Attempt)>, AttackError> {
        let guarded = view.materialized || view.option_on("security_barrier") || view.option_on("security_invoker");
        if guarded || !self.case.exposure.is_none() {
            return Ok(None);
        }
        let Some(shown) = self.case.privileges.of(&actor.role, &view.name).map(|p| p.select.clone()) else { return Ok(None) };
        let bases = self.bases(view);
        for column in one.shared.iter().filter(|c| shown.contains(c)) {
            let Some(value) = literal(one.known.row, column).filter(|v| !v.eq_ignore_ascii_case("null")) else { continue };
            if !self.is_telling(&bases, one.table, &format!("{} = {value}", quote_ident(column))).await? {
                continue;
            }
            let function = format!(
                "create function pg_temp.hears(value {}) returns boolean language plpgsql cost 0.0001 as $$ begin \
                 if value = {value} then perform pg_catalog.set_config('{HEARD}', 'yes', true); end if; return false; end $$",
                one.table.column(column).map_or("text", |c| c.data_type.as_str())
            );
            let asks = format!("select 1 from {} where pg_temp.hears({})", view.name.sql(), quote_ident(column));
            let looks = format!("select 1 where pg_catalog.current_setting('{HEARD}', true) = 'yes'");
            let trial = Trial {
                act: 1,
                ..Trial::new(
                    [function, asks, looks].map(|sql| Move::by(actor.kind, sql)).to_vec(),
                    Sign::Count(2),
                    Meant::No,
                    format!(
                        "hears of a row of {} that is {} by a function of his own: {} is no barrier",
                        one.table.name,
                        super::reads::whose(one.known),
                        view.name
                    ),
                    severity(actor.kind, Command::Select),
                )
            };
            let went = trial.play(self.arena).await?;
            return Ok(trial.reached(&went).then_some((trial, went)));
        }
        Ok(None)
    }
}
