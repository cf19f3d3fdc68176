create type {schema}.geometry;
create function {schema}.geometry_in(cstring) returns {schema}.geometry language internal immutable strict parallel safe as 'textin';
create function {schema}.geometry_out({schema}.geometry) returns cstring language internal immutable strict parallel safe as 'textout';
create type {schema}.geometry (input = {schema}.geometry_in, output = {schema}.geometry_out, internallength = variable, storage = main);
create type {schema}.geography;
create function {schema}.geography_in(cstring) returns {schema}.geography language internal immutable strict parallel safe as 'textin';
create function {schema}.geography_out({schema}.geography) returns cstring language internal immutable strict parallel safe as 'textout';
create type {schema}.geography (input = {schema}.geography_in, output = {schema}.geography_out, internallength = variable, storage = main);
create function {schema}.geography({schema}.geometry) returns {schema}.geography language sql immutable strict parallel safe as 'select null::{schema}.geography';
create cast ({schema}.geometry as {schema}.geography) with function {schema}.geography({schema}.geometry) as implicit;
create function {schema}.geometry_same({schema}.geometry, {schema}.geometry) returns boolean language internal immutable strict parallel safe as 'byteaeq';
create operator {schema}.&& (leftarg = {schema}.geometry, rightarg = {schema}.geometry, function = {schema}.geometry_same, commutator = operator({schema}.&&));
create function {schema}.geography_same({schema}.geography, {schema}.geography) returns boolean language internal immutable strict parallel safe as 'byteaeq';
create operator {schema}.&& (leftarg = {schema}.geography, rightarg = {schema}.geography, function = {schema}.geography_same, commutator = operator({schema}.&&));
create function {schema}.geometry_hash({schema}.geometry) returns integer language internal immutable strict parallel safe as 'hashvarlena';
create function {schema}.st_distance({schema}.geometry, {schema}.geometry) returns double precision language sql immutable strict parallel safe as 'select 0::double precision';
create function {schema}.st_distance({schema}.geography, {schema}.geography) returns double precision language sql immutable strict parallel safe as 'select 0::double precision';
create function {schema}.st_dwithin({schema}.geometry, {schema}.geometry, double precision) returns boolean language sql immutable strict parallel safe as 'select false';
create function {schema}.st_dwithin({schema}.geography, {schema}.geography, double precision) returns boolean language sql immutable strict parallel safe as 'select false';
create function {schema}.st_makepoint(double precision, double precision) returns {schema}.geometry language sql immutable strict parallel safe as 'select null::{schema}.geometry';
create function {schema}.st_point(double precision, double precision) returns {schema}.geometry language sql immutable strict parallel safe as 'select null::{schema}.geometry';
create function {schema}.st_setsrid({schema}.geometry, integer) returns {schema}.geometry language sql immutable strict parallel safe as 'select $1';
create function {schema}.st_geogfromtext(text) returns {schema}.geography language sql immutable strict parallel safe as 'select null::{schema}.geography';
create function {schema}.st_geomfromtext(text) returns {schema}.geometry language sql immutable strict parallel safe as 'select null::{schema}.geometry';
create function {schema}.st_geomfromtext(text, integer) returns {schema}.geometry language sql immutable strict parallel safe as 'select null::{schema}.geometry';
create function {schema}.st_x({schema}.geometry) returns double precision language sql immutable strict parallel safe as 'select 0::double precision';
create function {schema}.st_y({schema}.geometry) returns double precision language sql immutable strict parallel safe as 'select 0::double precision';
create function {schema}.st_astext({schema}.geometry) returns text language sql immutable strict parallel safe as 'select ''''::text';
create function {schema}.st_asgeojson({schema}.geometry) returns text language sql immutable strict parallel safe as 'select ''''::text';
create function {schema}.st_intersects({schema}.geometry, {schema}.geometry) returns boolean language sql immutable strict parallel safe as 'select false';
create function {schema}.st_contains({schema}.geometry, {schema}.geometry) returns boolean language sql immutable strict parallel safe as 'select false';
create function {schema}.st_within({schema}.geometry, {schema}.geometry) returns boolean language sql immutable strict parallel safe as 'select false';
create table {schema}.spatial_ref_sys (srid integer primary key, auth_name varchar(256), auth_srid integer, srtext varchar(2048), proj4text varchar(2048));
create function {schema}.geometry_consistent(internal, {schema}.geometry, smallint, oid, internal) returns boolean language internal immutable strict parallel safe as 'gist_box_consistent';
create function {schema}.geometry_union(internal, internal) returns {schema}.geometry language internal immutable strict parallel safe as 'gist_box_union';
create function {schema}.geometry_penalty(internal, internal, internal) returns internal language internal immutable strict parallel safe as 'gist_box_penalty';
create function {schema}.geometry_picksplit(internal, internal) returns internal language internal immutable strict parallel safe as 'gist_box_picksplit';
create function {schema}.geometry_equal({schema}.geometry, {schema}.geometry, internal) returns internal language internal immutable strict parallel safe as 'gist_box_same';
create operator class {schema}.gist_geometry_ops_2d default for type {schema}.geometry using gist as operator 3 {schema}.&&,
    function 1 {schema}.geometry_consistent(internal, {schema}.geometry, smallint, oid, internal), function 2 {schema}.geometry_union(internal, internal),
    function 5 {schema}.geometry_penalty(internal, internal, internal), function 6 {schema}.geometry_picksplit(internal, internal),
    function 7 {schema}.geometry_equal({schema}.geometry, {schema}.geometry, internal);
create function {schema}.geography_consistent(internal, {schema}.geography, smallint, oid, internal) returns boolean language internal immutable strict parallel safe as 'gist_box_consistent';
create function {schema}.geography_union(internal, internal) returns {schema}.geography language internal immutable strict parallel safe as 'gist_box_union';
create function {schema}.geography_penalty(internal, internal, internal) returns internal language internal immutable strict parallel safe as 'gist_box_penalty';
create function {schema}.geography_picksplit(internal, internal) returns internal language internal immutable strict parallel safe as 'gist_box_picksplit';
create function {schema}.geography_equal({schema}.geography, {schema}.geography, internal) returns internal language internal immutable strict parallel safe as 'gist_box_same';
create operator class {schema}.gist_geography_ops default for type {schema}.geography using gist as operator 3 {schema}.&&,
    function 1 {schema}.geography_consistent(internal, {schema}.geography, smallint, oid, internal), function 2 {schema}.geography_union(internal, internal),
    function 5 {schema}.geography_penalty(internal, internal, internal), function 6 {schema}.geography_picksplit(internal, internal),
    function 7 {schema}.geography_equal({schema}.geography, {schema}.geography, internal);
