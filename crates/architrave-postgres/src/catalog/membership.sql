-- Role memberships; several grantors of the same membership count once.
select r.rolname as role, m.rolname as member, bool_or(a.admin_option) as admin,
    bool_or(m.rolinherit) as inherit, true as set --@ <16
    bool_or(a.inherit_option) as inherit, bool_or(a.set_option) as set --@ >=16
from pg_catalog.pg_auth_members a
join pg_catalog.pg_roles r on r.oid = a.roleid
join pg_catalog.pg_roles m on m.oid = a.member
where m.rolname not like 'pg\_%'
group by r.rolname, m.rolname
