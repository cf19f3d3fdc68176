-- pg_hba.conf, as the server reads it. Options are left out but for one: they may hold a password.
select coalesce(h.line_number, 0) as line, coalesce(h.type, '') as kind, coalesce(h.database, '{}') as databases,
    coalesce(h.user_name, '{}') as users, h.address, h.netmask, coalesce(h.auth_method, '') as method, h.error,
    (select substr(max(o.option), 12) from unnest(h.options) as o (option) where o.option like 'clientcert=verify-%') as client_certificate
from pg_catalog.pg_hba_file_rules h
order by h.line_number --@ <16
order by h.rule_number nulls last, h.file_name, h.line_number --@ >=16
