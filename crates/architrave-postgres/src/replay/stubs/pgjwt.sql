-- Signatures are real where pgcrypto is on.
create function {schema}.url_encode(data bytea) returns text language sql immutable as $$ select translate(encode(data, 'base64'), E'+/=\n', '-_') $$;
create function {schema}.url_decode(data text) returns bytea language sql immutable as
    $$ select decode(translate(data, '-_', '+/') || repeat('=', (4 - length(data) % 4) % 4), 'base64') $$;
create function {schema}.algorithm_sign(signables text, secret text, algorithm text) returns text language plpgsql immutable set search_path = {schema}, extensions, public as $$
declare
    digest constant text := case algorithm when 'HS256' then 'sha256' when 'HS384' then 'sha384' when 'HS512' then 'sha512' end;
begin
    return url_encode(hmac(signables, secret, digest));
end
$$;
create function {schema}.sign(payload json, secret text, algorithm text default 'HS256') returns text language plpgsql immutable set search_path = {schema} as $$
declare
    signables constant text := url_encode(convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'utf8')) || '.' || url_encode(convert_to(payload::text, 'utf8'));
begin
    return signables || '.' || algorithm_sign(signables, secret, algorithm);
end
$$;
create function {schema}.verify(token text, secret text, algorithm text default 'HS256') returns table (header json, payload json, valid boolean)
    language plpgsql immutable set search_path = {schema} as $$
declare
    part constant text[] := string_to_array(token, '.');
begin
    return query select convert_from(url_decode(part[1]), 'utf8')::json, convert_from(url_decode(part[2]), 'utf8')::json,
        part[3] = algorithm_sign(part[1] || '.' || part[2], secret, algorithm);
end
$$;
