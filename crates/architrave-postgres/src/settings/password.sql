-- How passwords are stored. The hashes stay where they are.
select a.rolname as role,
    case when a.rolpassword is null then 'none' when a.rolpassword ~ '^md5[0-9a-f]{32}$' then 'md5'
        when a.rolpassword like 'SCRAM-SHA-256$%' then 'scram-sha-256' else 'other' end as kind,
    case when a.rolpassword ~ '^md5[0-9a-f]{32}$' then a.rolpassword = 'md5' || md5(a.rolname || a.rolname) else false end as is_own_name
from pg_catalog.pg_authid a
where a.rolcanlogin and a.rolname not like 'pg\_%'
