-- Subscriptions of this database. Their connection strings are never read.
select s.subname as name, pg_get_userbyid(s.subowner) as owner, s.subenabled as enabled, s.subpublications as publications
from pg_catalog.pg_subscription s
join pg_catalog.pg_database b on b.oid = s.subdbid
where b.datname = current_database()
