-- Lines of the configuration files that were not applied because of an error. Values are never read.
select regexp_replace(coalesce(f.sourcefile, ''), '^.*[/\\]', '') as file, coalesce(f.sourceline, 0) as line, f.name, f.error
from pg_catalog.pg_file_settings f
where f.error is not null
