-- Plots, who gardens them, and what is lent out of the shed.

create table public.plots (
  id bigint generated always as identity primary key,
  society_id uuid not null references public.societies (id) on delete cascade,
  number smallint not null check (number > 0),
  square_metres numeric(6,1) not null check (square_metres between 10 and 2000),
  tenant_name text,
  unique (society_id, number),
  unique (society_id, id)
);

create table public.tools (
  society_id uuid not null references public.societies (id) on delete cascade,
  id integer not null,
  label text not null,
  primary key (society_id, id)
);

create table public.tool_loans (
  id bigint generated always as identity primary key,
  society_id uuid not null,
  tool_id integer not null,
  borrower_id uuid not null default auth.uid() references auth.users (id),
  lent_on date not null default current_date,
  returned_on date check (returned_on >= lent_on),
  foreign key (society_id, tool_id) references public.tools (society_id, id) on delete cascade
);
create index tool_loans_tool_idx on public.tool_loans (society_id, tool_id);
create index tool_loans_borrower_id_idx on public.tool_loans (borrower_id);

create table public.vegetables (
  id smallint primary key,
  title text not null unique,
  sow_from smallint not null check (sow_from between 1 and 12)
);
comment on table public.vegetables is 'Reference data: when what is sown.';

alter table public.plots enable row level security;
alter table public.tools enable row level security;
alter table public.tool_loans enable row level security;
alter table public.vegetables enable row level security;

create policy "members see the plots" on public.plots
  for select to authenticated using (society_id = any (array(select private.my_societies())));
create policy "the board keeps the plots" on public.plots
  for all to authenticated
  using (society_id = any (array(select private.my_chairs())))
  with check (society_id = any (array(select private.my_chairs())));

create policy "members see the tools" on public.tools
  for select to authenticated using (society_id = any (array(select private.my_societies())));
create policy "members see the loans" on public.tool_loans
  for select to authenticated using (society_id = any (array(select private.my_societies())));
create policy "members borrow" on public.tool_loans
  for insert to authenticated
  with check (borrower_id = (select auth.uid()) and society_id = any (array(select private.my_societies())));
create policy "borrowers return" on public.tool_loans
  for update to authenticated
  using (borrower_id = (select auth.uid()) and society_id = any (array(select private.my_societies())))
  with check (borrower_id = (select auth.uid()) and society_id = any (array(select private.my_societies())));

create policy "everybody reads the calendar" on public.vegetables for select to anon, authenticated using (true);

grant select, insert, update, delete on public.plots to authenticated;
grant select on public.tools to authenticated;
grant select, insert on public.tool_loans to authenticated;
grant update (returned_on) on public.tool_loans to authenticated;
grant select on public.vegetables to anon, authenticated;
grant all on public.plots, public.tools, public.tool_loans, public.vegetables to service_role;
