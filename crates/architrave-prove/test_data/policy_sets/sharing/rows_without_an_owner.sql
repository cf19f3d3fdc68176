-- Templates without an owner are everybody's to read; a user's own templates are his.
-- style: supabase; secure
create table form_templates (
    id bigint generated always as identity primary key,
    user_id uuid references auth.users (id),
    title text not null
);
alter table form_templates enable row level security;
create policy templates_read on form_templates for select to authenticated using (user_id is null or user_id = auth.uid());
create policy templates_add on form_templates for insert to authenticated with check (user_id = auth.uid());
create policy templates_edit on form_templates for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
grant select, insert, update on form_templates to authenticated;
-- ## seed
insert into auth.users (id, email) values (:'owner', 'ada@example.com'), (:'outsider', 'bob@example.com');
insert into form_templates (user_id, title) values (null, 'Letter'), (:'owner', 'Mine');
-- ## expect select public.form_templates outsider denied
select from form_templates where user_id = :'owner'
-- ## expect update public.form_templates outsider denied
update form_templates set title = 'x' where user_id = :'owner'
-- ## expect insert public.form_templates outsider denied|allowed
insert into form_templates (user_id, title) values (:'owner', 'x')
