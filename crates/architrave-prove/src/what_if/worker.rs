//! One worker: a thread with a twin of its own.

use super::reads::{Heap, Key, Reads};
use super::{Done, Job, Planned, plan};
use architrave_model::name::{QualifiedName, quote_ident};
use architrave_model::what_if::{Answer, IndexNumber, Request, TrialIndex};
use architrave_postgres::twin::{Candidate, Twin, TwinError};
use architrave_postgres::{Client, DriverError, SimpleQueryMessage};
use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, Sender};

/// Candidates get names that nothing else has, so that a plan's index names tell which they are.
const TRIAL: &str = "architrave_trial_";

/// Every index with the uppermost one that it is attached to.
const NAMES: &str = "select c.relname::text as name, n.nspname::text as schema, \
     coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) as root \
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
     where c.relkind in ('i', 'I') and n.nspname !~ '^pg_' order by c.oid";

/// Tables with their sizes, by the name that a plan prints.
const HEAPS: &str = "select pg_catalog.quote_ident(c.relname) as name, max(c.relpages)::float8 as pages, max(c.reltuples)::float8 as rows \
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
     where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' group by c.relname having count(*) = 1";

/// Key columns of the indexes made after one with this object id, with what the statistics say of them; indexes with expressions left out.
const KEYS: &str = "select i.oid as oid, i.relname::text as name, pg_catalog.quote_ident(a.attname) as column, t.reltuples::float8 as rows, \
     coalesce(s.n_distinct, 0)::float8 as n_distinct, coalesce(s.correlation, 1)::float8 as correlation \
     from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid join pg_catalog.pg_class t on t.oid = x.indrelid \
     join pg_catalog.pg_namespace n on n.oid = t.relnamespace \
     cross join lateral pg_catalog.unnest(x.indkey::int2[]) with ordinality k(attnum, place) \
     join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum \
     left join pg_catalog.pg_stats s on s.schemaname = n.nspname and s.tablename = t.relname and s.attname = a.attname and not s.inherited \
     where x.indexrelid > $1 and n.nspname !~ '^pg_' and k.place <= x.indnkeyatts and not 0 = any (x.indkey::int2[]) \
     order by i.relname, n.nspname, k.place";

/// What a random page costs, and how many the planner takes to be in a cache.
const PRICES: &str = "select pg_catalog.current_setting('random_page_cost')::float8 as page, setting::float8 as cache \
     from pg_catalog.pg_settings where name = 'effective_cache_size'";

/// A worker at work.
pub(super) struct Worker<'t> {
    twin: &'t Twin,
    client: Client,
    queries: &'t [Planned],
    /// Object id of each index by number; none where it could not be had.
    oids: Vec<Option<u32>>,
    /// Numbers that the planner sees now.
    shown: BTreeSet<IndexNumber>,
    /// Uppermost indexes by the name of any of theirs.
    roots: HashMap<String, Vec<u32>>,
    numbers: HashMap<u32, IndexNumber>,
    full_names: HashMap<u32, QualifiedName>,
    search_path: Option<String>,
    reads: Reads,
    /// Greatest object id among the indexes that `reads` knows.
    last_read: u32,
}

impl Worker<'_> {
    /// Works until the jobs end.
    pub(super) fn run(twin: &Twin, queries: &[Planned], jobs: &Receiver<Job>, done: &Sender<Done>) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return fail(done, error.to_string()),
        };
        runtime.block_on(async {
            match Worker::open(twin, queries).await {
                Ok(mut worker) => worker.work(jobs, done).await,
                Err(error) => fail(done, error.to_string()),
            }
        });
    }

    async fn open<'t>(twin: &'t Twin, queries: &'t [Planned]) -> Result<Worker<'t>, TwinError> {
        let client = twin.connect().await?;
        // Just-in-time compilation has no part in costs, but planning thousands of statements must not compile anything.
        let _without = client.batch_execute("set jit = off").await;
        Ok(Worker {
            twin,
            client,
            queries,
            oids: Vec::new(),
            shown: BTreeSet::new(),
            roots: HashMap::new(),
            numbers: HashMap::new(),
            full_names: HashMap::new(),
            search_path: None,
            reads: Reads::default(),
            last_read: 0,
        })
    }

    async fn work(&mut self, jobs: &Receiver<Job>, done: &Sender<Done>) {
        while let Ok(job) = jobs.recv() {
            let sent = match job {
                Job::Add(indexes) => {
                    let added = self.add(&indexes).await;
                    done.send(added.map_or_else(Done::Failed, Done::Added))
                }
                Job::Plan(queue) => {
                    loop {
                        let next = queue.lock().ok().and_then(|mut q| q.pop_front());
                        let Some((at, request)) = next else { break };
                        let answer = self.answer(&request).await;
                        let _ignored = done.send(answer.map_or_else(Done::Failed, |a| Done::Planned(at, a)));
                    }
                    done.send(Done::Idle)
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }

    async fn add(&mut self, indexes: &[TrialIndex]) -> Result<Vec<Option<String>>, String> {
        let first = self.oids.len() as IndexNumber;
        let new: Vec<Candidate> = (first..).zip(indexes).filter(|(_, i)| !i.existing).map(|(n, i)| candidate(n, i)).collect();
        let made = self.twin.add_indexes(&self.client, &new).await.map_err(|e| e.to_string())?;
        let mut made = made.into_iter();
        let mut refused = Vec::new();
        for (number, one) in (first..).zip(indexes) {
            let found = if one.existing {
                self.twin.find(&self.client, &QualifiedName::new(&one.table.schema, &one.index.name)).await
            } else {
                made.next().unwrap_or_else(|| Err(TwinError::Missing { what: one.create.clone() })).map(|index| index.oid)
            };
            match found {
                Ok(oid) => {
                    self.oids.push(Some(oid));
                    self.numbers.insert(oid, number);
                    self.shown.insert(number);
                    refused.push(None);
                }
                Err(_) if self.client.is_closed() => return Err("the private PostgreSQL that plans went away".into()),
                Err(error) => {
                    self.oids.push(None);
                    refused.push(Some(refusal(&error)));
                }
            }
        }
        self.show(&BTreeSet::new()).await.map_err(|e| words(&e))?;
        self.read_names().await.map_err(|e| words(&e))?;
        Ok(refused)
    }

    async fn read_names(&mut self) -> Result<(), DriverError> {
        self.roots.clear();
        for row in self.client.query(NAMES, &[]).await? {
            let (name, root): (String, u32) = (row.get("name"), row.get("root"));
            self.full_names.insert(root, QualifiedName::new(row.get::<_, String>("schema"), name.clone()));
            self.roots.entry(name).or_default().push(root);
        }
        self.read_sizes().await
    }

    async fn read_sizes(&mut self) -> Result<(), DriverError> {
        if self.reads.heaps.is_empty() {
            for row in self.client.query(HEAPS, &[]).await? {
                self.reads.heaps.insert(row.get("name"), Heap { pages: row.get("pages"), rows: row.get("rows") });
            }
            let prices = self.client.query_one(PRICES, &[]).await?;
            (self.reads.random_page_cost, self.reads.cache) = (prices.get("page"), prices.get("cache"));
        }
        // Statistics of a twin do not change: what was read of an index stays.
        for row in self.client.query(KEYS, &[&self.last_read]).await? {
            self.last_read = self.last_read.max(row.get("oid"));
            let (rows, distinct): (f64, f64) = (row.get("rows"), row.get("n_distinct"));
            let distinct = if distinct < 0.0 { -distinct * rows } else { distinct };
            let key = Key { column: row.get("column"), distinct, correlation: row.get("correlation") };
            self.reads.keys.entry(row.get("name")).or_default().push(key);
        }
        Ok(())
    }

    /// Statement that makes exactly these visible; none when they are.
    fn showing(&self, wanted: &BTreeSet<IndexNumber>) -> Option<String> {
        let oids = |numbers: &mut dyn Iterator<Item = &IndexNumber>| {
            let all: Vec<String> = numbers.filter_map(|n| self.oids.get(*n as usize).copied().flatten()).map(|o| o.to_string()).collect();
            all.join(",")
        };
        let shown = oids(&mut wanted.difference(&self.shown));
        let hidden = oids(&mut self.shown.difference(wanted));
        (!shown.is_empty() || !hidden.is_empty())
            .then(|| format!("select architrave_twin.show('{{{shown}}}'::oid[], '{{{hidden}}}'::oid[])"))
    }

    async fn show(&mut self, wanted: &BTreeSet<IndexNumber>) -> Result<(), DriverError> {
        if let Some(sql) = self.showing(wanted) {
            self.client.batch_execute(&sql).await?;
        }
        self.shown.clone_from(wanted);
        Ok(())
    }

    async fn answer(&mut self, request: &Request) -> Result<Answer, String> {
        let queries = self.queries;
        let Some(query) = queries.get(request.query) else { return Err(format!("query {} was never given", request.query)) };
        let wanted: BTreeSet<IndexNumber> = request.visible.iter().copied().collect();
        if query.search_path != self.search_path {
            let path = query.search_path.as_deref();
            let sql = path.map_or_else(|| "reset search_path".to_owned(), |p| format!("set search_path to {p}"));
            self.client.batch_execute(&sql).await.map_err(|e| words(&e))?;
            self.search_path.clone_from(&query.search_path);
        }
        let mut answer = Answer::default();
        let mut names = Vec::new();
        let shares: f64 = query.variants.iter().map(|v| v.1).sum();
        for (at, (sql, share)) in query.variants.iter().enumerate() {
            let showing = if at == 0 { self.showing(&wanted) } else { None };
            let first = showing.map_or_else(String::new, |s| format!("{s}; "));
            let messages = self.client.simple_query(&format!("{first}explain (format json) {sql}")).await;
            let messages = messages.map_err(|e| format!("query {} cannot be planned: {}", query.id, words(&e)))?;
            self.shown.clone_from(&wanted);
            let told = plan_of(&messages, &self.reads).ok_or_else(|| format!("query {} has no plan", query.id))?;
            let share = if shares > 0.0 { share / shares } else { 1.0 / query.variants.len() as f64 };
            answer.cost += told.cost * share;
            answer.unpaid += told.unpaid * share;
            names.extend(told.indexes);
        }
        self.sort_in(&mut answer, &names);
        Ok(answer)
    }

    fn sort_in(&self, answer: &mut Answer, names: &[String]) {
        for root in names.iter().filter_map(|name| self.roots.get(name)).flatten() {
            match self.numbers.get(root) {
                Some(number) => answer.used.push(*number),
                None => answer.used_others.extend(self.full_names.get(root).cloned()),
            }
        }
        answer.used.sort_unstable();
        answer.used.dedup();
        answer.used_others.sort();
        answer.used_others.dedup();
    }
}

/// A candidate of the twin under its trial name.
fn candidate(number: IndexNumber, one: &TrialIndex) -> Candidate {
    let definition = one.create.replacen(&quote_ident(&one.index.name), &format!("{TRIAL}{number}"), 1);
    let height = (one.index.method == "btree").then_some(one.size.height);
    Candidate { table: one.table.clone(), definition, pages: one.size.pages as i64, rows: one.size.rows, height }
}

/// The last row of a statement's answer: the plan.
fn plan_of(messages: &[SimpleQueryMessage], reads: &Reads) -> Option<plan::Told> {
    let row = messages.iter().rev().find_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None })?;
    plan::read(row.get(0)?, reads)
}

fn words(error: &DriverError) -> String {
    crate::round_trip::refusal(error)
}

/// PostgreSQL's own words for a refused index, without ours around them.
fn refusal(error: &TwinError) -> String {
    if let TwinError::Sql { message, .. } = error { message.clone() } else { error.to_string() }
}

/// Every job is answered with the same failure.
fn fail(done: &Sender<Done>, message: String) {
    let _receiver_gone = done.send(Done::Failed(message));
}
