-- Statements that an earlier read of a part of the catalogue has prepared in this session.
select s.name as name from pg_catalog.pg_prepared_statements s where s.name like 'architrave\_part\_%'
