//! The roles made on a private server, and what they are refused.

use super::{ALL, shape};
use crate::replay::tests::{failures, run_on};
use crate::replay::{Prelude, ReplayOptions};
use architrave_model::platform::Platform;

#[test]
fn supabase_and_ones_own_server_have_none_here() {
    assert!(shape(Platform::Supabase).is_none());
    assert_eq!(shape(Platform::Rds).map(|s| s.administrators), Some("rds_superuser"));
}

#[tokio::test]
async fn what_needs_a_superuser_is_refused_on_each_platform() {
    if crate::server::test_server::shared().await.is_none() {
        return;
    }
    for shape in ALL {
        let sql = format!(
            "create table notes (id int);;
create role reader;;
grant pg_monitor to reader;;
alter role postgres superuser;;
set role {};;
copy (select 1) to program 'true'",
            shape.superuser
        );
        let options = ReplayOptions { prelude: Prelude::Roles(shape.platform), ..ReplayOptions::default() };
        let (_server, replayed) = run_on(None, &[("1.sql".to_owned(), sql.as_str())], options).await;
        let refused: Vec<String> = failures(&replayed);
        let lines: Vec<&str> = refused.iter().filter_map(|f| f.split(' ').next()).collect();
        assert_eq!(lines, ["1.sql:4", "1.sql:5", "1.sql:6"], "{:?}: {refused:?}", shape.platform);
    }
}

#[tokio::test]
async fn row_level_security_is_bypassed_where_the_platform_lets_it() {
    if crate::server::test_server::shared().await.is_none() {
        return;
    }
    let sql = "do $$ begin if not (select rolbypassrls from pg_roles where rolname = current_user) then raise 'it applies'; end if; end $$";
    for (platform, bypasses) in [(Platform::Neon, true), (Platform::Rds, false), (Platform::CloudSql, false)] {
        let options = ReplayOptions { prelude: Prelude::Roles(platform), ..ReplayOptions::default() };
        let (_server, replayed) = run_on(None, &[("1.sql".to_owned(), sql)], options).await;
        assert_eq!(failures(&replayed).is_empty(), bypasses, "{platform:?}");
    }
}
