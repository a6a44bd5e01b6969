--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _sqlx_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: accounts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.accounts (
    user_id uuid NOT NULL,
    hidden boolean NOT NULL,
    erased boolean NOT NULL,
    revision bigint NOT NULL
);


--
-- Name: dead_letter_audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dead_letter_audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    selected text NOT NULL,
    letters bigint NOT NULL
);


--
-- Name: dead_letter_audit_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.dead_letter_audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letter_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: dead_letters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.dead_letters (
    id uuid NOT NULL,
    number bigint NOT NULL,
    consumer text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "position" bigint NOT NULL,
    sequence bytea DEFAULT '\x'::bytea NOT NULL,
    key bytea,
    event_id text,
    event_type text,
    header_names text[] NOT NULL,
    header_values bytea[] NOT NULL,
    payload bytea,
    failed boolean DEFAULT true NOT NULL,
    fingerprint text,
    code text NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    replays integer DEFAULT 0 NOT NULL,
    parked_at timestamp with time zone DEFAULT now() NOT NULL,
    replayed_at timestamp with time zone,
    content bigint DEFAULT 0 NOT NULL,
    aside boolean DEFAULT false NOT NULL
);


--
-- Name: dead_letters_number_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.dead_letters ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letters_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: erasures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.erasures (
    user_id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    begun xid8
);


--
-- Name: exports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.exports (
    user_id uuid NOT NULL,
    export_id uuid NOT NULL,
    parts integer DEFAULT 0 NOT NULL,
    told_to uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    cause jsonb,
    turn timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: follows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.follows (
    follower_id uuid NOT NULL,
    followee_id uuid NOT NULL,
    active boolean NOT NULL,
    revision bigint NOT NULL,
    blocks boolean DEFAULT false NOT NULL,
    blocks_revision bigint DEFAULT 0 NOT NULL,
    is_blocked boolean DEFAULT false NOT NULL,
    is_blocked_revision bigint DEFAULT 0 NOT NULL
);


--
-- Name: held_groups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.held_groups (
    fingerprint text NOT NULL,
    actor text NOT NULL,
    held_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    owner uuid NOT NULL,
    key text NOT NULL,
    request bytea NOT NULL,
    status smallint,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY RANGE (claimed_at);


--
-- Name: inbox_20261122; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261122 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261123; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261123 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261124; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261124 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261125; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261125 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: inbox_20261126; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox_20261126 (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: media; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.media (
    owner_id uuid NOT NULL,
    id uuid NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    gone boolean DEFAULT false NOT NULL,
    medium jsonb
);


--
-- Name: outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    version text NOT NULL,
    source text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    correlation text,
    causation text,
    traceparent text,
    tracestate text,
    payload bytea NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='20000', autovacuum_vacuum_insert_threshold='-1', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='100000', autovacuum_vacuum_cost_limit='1000');


--
-- Name: TABLE outbox; Type: COMMENT; Schema: public; Owner: -
--

COMMENT ON TABLE public.outbox IS 'nova-event-bus 2';


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked_sequences; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.parked_sequences (
    consumer text NOT NULL,
    topic text NOT NULL,
    sequence bytea NOT NULL,
    partition integer NOT NULL,
    parked_at timestamp with time zone DEFAULT now() NOT NULL,
    replay_requested_at timestamp with time zone,
    next_at timestamp with time zone,
    tries integer DEFAULT 0 NOT NULL,
    fingerprint text,
    builds text[] DEFAULT '{}'::text[] NOT NULL
);


--
-- Name: posts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.posts (
    id uuid NOT NULL,
    author_id uuid NOT NULL,
    content text NOT NULL,
    type text NOT NULL,
    visibility text NOT NULL,
    tags text[] NOT NULL,
    revision bigint NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    media jsonb DEFAULT '[]'::jsonb NOT NULL,
    media_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    type_given boolean DEFAULT true NOT NULL,
    CONSTRAINT posts_type_check CHECK ((type = ANY (ARRAY['TEXT'::text, 'IMAGE'::text, 'VIDEO'::text, 'REEL'::text]))),
    CONSTRAINT posts_visibility_check CHECK ((visibility = ANY (ARRAY['PUBLIC'::text, 'PRIVATE'::text, 'FOLLOWERS_ONLY'::text])))
);


--
-- Name: inbox_20261122; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261122 FOR VALUES FROM ('2026-11-22 00:00:00+00') TO ('2026-11-23 00:00:00+00');


--
-- Name: inbox_20261123; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261123 FOR VALUES FROM ('2026-11-23 00:00:00+00') TO ('2026-11-24 00:00:00+00');


--
-- Name: inbox_20261124; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261124 FOR VALUES FROM ('2026-11-24 00:00:00+00') TO ('2026-11-25 00:00:00+00');


--
-- Name: inbox_20261125; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261125 FOR VALUES FROM ('2026-11-25 00:00:00+00') TO ('2026-11-26 00:00:00+00');


--
-- Name: inbox_20261126; Type: TABLE ATTACH; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox ATTACH PARTITION public.inbox_20261126 FOR VALUES FROM ('2026-11-26 00:00:00+00') TO ('2026-11-27 00:00:00+00');


--
-- Data for Name: _sqlx_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public._sqlx_migrations VALUES
	(1, 'event bus', '2026-11-23 17:32:49.266309+00', true, '\x4c394f08e4ed74f1dbdb96ce1c301691ea9460732858bf172132acc6b6c169479f0f353a48c82d4be601aa355777dd46', 17639999),
	(2, 'idempotency', '2026-11-23 17:32:49.285181+00', true, '\x42294c677ef78729794f31d81ba45d42dd1ce8e2e60964e2568efc3fdd62d8c1b1d3c69a1625cf6e5a18980ec2588e33', 4357947),
	(3, 'posts', '2026-11-23 17:32:49.29023+00', true, '\x003fb0f02eb963be931d17baaac074183c8db2bd31fe8370969a224b4a68b65f73232f249ac7d1a23a0175696c95b2f3', 4117260),
	(4, 'follows', '2026-11-23 17:32:49.294778+00', true, '\x92239e34ce06836080ebda0894d3a450dbc8c54f2c13659ebf5bfd7bb444fd8948e24a3db56e7e358c811f00d32e4d26', 2761163),
	(5, 'event bus 2', '2026-11-23 17:32:49.298292+00', true, '\x04d2192ccbd43127c1562412b9b4fc8c5633d09b90061648d23302b62e3fff615af48b8fbc2998e1f1441320b39e06a7', 21298082),
	(6, 'relations', '2026-11-23 17:32:49.320343+00', true, '\x80f46bb47e4047013445c5437533636ea4036ce8e99feea69c28da66fe2996fcd25eaa813179fbacaa816adf05bef9cb', 1955289),
	(7, 'accounts', '2026-11-23 17:32:49.322873+00', true, '\x1927bdc7d4ddf619121da2729c4abef2ac7887118844cc615e5353591e9c7e53ee13feff766b1eb253cb614c502469b2', 3645817),
	(8, 'exports', '2026-11-23 17:32:49.326906+00', true, '\x29f6567d0c1e196a080643e43a1d2f4a27408e5adb4a133e41c8b7766c47ac1e53a6542d083e6a75a46cd95320d9ff1f', 5500909),
	(9, 'media', '2026-11-23 17:32:49.332931+00', true, '\xde1f95454099947e249e7c5be43abd4ac5f4a798b5b78ab8a770a696b09879c2e6da5cd95d0b0b54c39732e315594bb7', 3778883);


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: dead_letter_audit; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: dead_letters; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: erasures; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: exports; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: follows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.follows VALUES
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c407-76d7-a072-191ace4db394', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, false, 0, false, 0),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, false, 0, false, 0),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, false, 0, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, false, 0, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, false, 0, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, false, 0, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, false, 0, false, 0),
	('01a20977-c219-745b-8739-8532e2781ca6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c219-745b-8739-8532e2781ca6', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, false, 0, false, 0),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, false, 0, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, false, 0, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, false, 0, false, 0),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c637-72d7-bbea-e98169adf13c', false, 0, false, 0, true, 1),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c5a3-702c-951e-15c99195b0f6', false, 0, true, 1, false, 0),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, false, 0, false, 0),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c407-76d7-a072-191ace4db394', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0);
INSERT INTO public.follows VALUES
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c407-76d7-a072-191ace4db394', true, 1, false, 0, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, false, 0, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0);


--
-- Data for Name: held_groups; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261122; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261123; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.inbox_20261123 VALUES
	('content', '01a20977-c6a8-73c5-874f-f809d192fd75', '2026-11-23 17:32:54.337687+00'),
	('content', '01a20977-c6c9-7627-adac-58275294a0d3', '2026-11-23 17:32:54.385828+00'),
	('content', '01a20977-c6e3-75a0-9509-c122b0541dd0', '2026-11-23 17:32:54.425638+00'),
	('content', '01a20977-c6ff-7632-b4ad-5d0a9de1404f', '2026-11-23 17:32:54.466155+00'),
	('content', '01a20977-c766-718e-91be-515aac92d85e', '2026-11-23 17:32:54.566749+00'),
	('content', '01a20977-c78c-76f2-8daf-d0643a995270', '2026-11-23 17:32:54.611636+00'),
	('content', '01a20977-c7e7-75e0-9957-8aec690b40db', '2026-11-23 17:32:54.662974+00'),
	('content', '01a20977-c80e-7757-bf59-dabee53fbe2b', '2026-11-23 17:32:54.71639+00'),
	('content', '01a20977-c81f-7292-9a0e-130e9201e191', '2026-11-23 17:32:54.732663+00'),
	('content', '01a20977-c83d-7683-a6a2-06d6fed830ef', '2026-11-23 17:32:54.769936+00'),
	('content', '01a20977-c860-7397-b341-3c51710eeb56', '2026-11-23 17:32:54.810225+00'),
	('content', '01a20977-c8a6-7081-b956-0c1b92e0a8af', '2026-11-23 17:32:54.853796+00'),
	('content', '01a20977-c8b7-7795-a745-f2b9d670b369', '2026-11-23 17:32:54.885361+00'),
	('content', '01a20977-c8d6-70ef-87de-6288acebde84', '2026-11-23 17:32:54.911452+00'),
	('content', '01a20977-c915-7139-b557-05131b7a61f1', '2026-11-23 17:32:54.955116+00'),
	('content', '01a20977-c92b-7301-bb00-64eae47a64e5', '2026-11-23 17:32:54.989147+00'),
	('content', '01a20977-c960-7129-ba89-453b1076b931', '2026-11-23 17:32:55.059693+00'),
	('content', '01a20977-c97b-76fd-905e-ad5ec04b89c5', '2026-11-23 17:32:55.094737+00'),
	('content', '01a20977-c9a4-772b-b170-b0189e13ba72', '2026-11-23 17:32:55.125052+00'),
	('content', '01a20977-c9e2-7327-9661-80a75538cd7b', '2026-11-23 17:32:55.170689+00'),
	('content', '01a20977-c9fd-7583-a788-b21abf540653', '2026-11-23 17:32:55.19257+00'),
	('content', '01a20977-ca1b-72d9-b64e-e30dab92d6c6', '2026-11-23 17:32:55.214321+00'),
	('content', '01a20977-ca38-7101-81ba-c9f571f1b813', '2026-11-23 17:32:55.244709+00'),
	('content', '01a20977-ca56-74fc-8a22-569a6c356b60', '2026-11-23 17:32:55.344582+00'),
	('content', '01a20977-ca5f-77f7-9d95-03b28f530a06', '2026-11-23 17:32:55.355137+00'),
	('content', '01a20977-ca67-75a7-a693-15bdc55f4f5e', '2026-11-23 17:32:55.355137+00'),
	('content', '01a20977-ca74-7014-86c3-9873412cd1c5', '2026-11-23 17:32:55.355137+00'),
	('content', '01a20977-ca7b-7158-b871-f299474ca8a9', '2026-11-23 17:32:55.355137+00'),
	('content', '01a20977-ca8d-72ba-80b8-749e2f13799d', '2026-11-23 17:32:55.366276+00'),
	('content', '01a20977-cac4-75a9-9b6d-fd59b04d3eee', '2026-11-23 17:32:55.406882+00'),
	('content', '01a20977-cb00-71e0-a1b9-de4012d3cd75', '2026-11-23 17:32:55.450569+00'),
	('content', '01a20977-cb37-774a-93f1-7d95a66a57c6', '2026-11-23 17:32:55.499305+00'),
	('content', '01a20977-cb28-7697-8e4a-f795d0457759', '2026-11-23 17:32:55.503484+00'),
	('content', '01a20977-cb5a-710d-b2ef-996a57ac2e3d', '2026-11-23 17:32:55.541199+00'),
	('content', '01a20977-cb91-73af-be78-069bf2e4e08b', '2026-11-23 17:32:55.609117+00'),
	('content', '01a20977-cbbf-77f5-87df-f6fb02edec9a', '2026-11-23 17:32:55.641646+00'),
	('content', '01a20977-cbdb-7248-9b74-f0bd5b195b7e', '2026-11-23 17:32:55.672484+00'),
	('content', '01a20977-cbe3-745c-9331-763ea4798f21', '2026-11-23 17:32:55.672484+00'),
	('content', '01a20977-cbf9-77fc-8f30-98145eb89bd2', '2026-11-23 17:32:55.709255+00'),
	('content', '01a20977-cc29-7624-b8b6-bf33767f5c76', '2026-11-23 17:32:55.764825+00'),
	('content', '01a20977-cc54-76bc-8b40-7cd8dc56273c', '2026-11-23 17:32:55.801209+00'),
	('content', '01a20977-cc5b-70a4-8cdb-eeeddb6665d0', '2026-11-23 17:32:55.828019+00'),
	('content', '01a20977-cc6a-757a-bce0-9de6d11804a5', '2026-11-23 17:32:55.847437+00'),
	('content', '01a20977-cc8c-7604-8772-f4db474cfa67', '2026-11-23 17:32:55.872471+00'),
	('content', '01a20977-ccab-7113-a5cb-f6418008282d', '2026-11-23 17:32:55.901072+00'),
	('content', '01a20977-ccee-771f-a8d1-4443f8771b64', '2026-11-23 17:32:55.955843+00'),
	('content', '01a20977-cd27-75b1-9741-aa8b09e06633', '2026-11-23 17:32:56.019854+00'),
	('content', '01a20977-cd47-774d-b9c3-3249f00e7464', '2026-11-23 17:32:56.047163+00'),
	('content', '01a20977-cd66-77aa-9189-36c9af5ef50c', '2026-11-23 17:32:56.08586+00'),
	('content', '01a20977-cd7e-73d5-bb34-a9a6c9b836ce', '2026-11-23 17:32:56.08586+00'),
	('content', '01a20977-cda9-730c-9364-720ca34731f2', '2026-11-23 17:32:56.135325+00'),
	('content', '01a20977-cdbf-72f0-abf1-4a345e1a2ec5', '2026-11-23 17:32:56.147354+00'),
	('content', '01a20977-cdf2-7346-8019-3427bee0ef88', '2026-11-23 17:32:56.201254+00'),
	('content', '01a20977-ce0f-71ab-9b04-40c3112d0b0d', '2026-11-23 17:32:56.255467+00'),
	('content', '01a20977-ce3b-71a7-9414-88c1fb5aa991', '2026-11-23 17:32:56.27277+00'),
	('content', '01a20977-ce5e-7432-8cb5-a5bfb8df25e6', '2026-11-23 17:32:56.325152+00'),
	('content', '01a20977-ce70-710b-9b58-217ca6f76234', '2026-11-23 17:32:56.325152+00'),
	('content', '01a20977-ceab-757e-a326-e61f4d390bd9', '2026-11-23 17:32:56.412667+00'),
	('content', '01a20977-ceb3-708e-be9d-dc53822d525e', '2026-11-23 17:32:56.412667+00'),
	('content', '01a20977-ceb8-7529-96fe-dbec2bc94291', '2026-11-23 17:32:56.412667+00'),
	('content', '01a20977-cec1-75c3-acad-152bfb2e86d1', '2026-11-23 17:32:56.426123+00'),
	('content', '01a20977-cee0-720b-862f-6f80f8037cd1', '2026-11-23 17:32:56.476035+00'),
	('content', '01a20977-cf47-7353-bcf2-d13ea19a7a2f', '2026-11-23 17:32:56.54391+00'),
	('content', '01a20977-cf4e-7209-87fd-1af260e4d001', '2026-11-23 17:32:56.554342+00'),
	('content', '01a20977-cf5c-76bd-bf6f-3d5306535d16', '2026-11-23 17:32:56.566752+00'),
	('content', '01a20977-cf79-74ad-8080-097405917356', '2026-11-23 17:32:56.59285+00'),
	('content', '01a20977-cf9f-77c4-a61f-76f07cd9a06a', '2026-11-23 17:32:56.663178+00'),
	('content', '01a20977-cfb1-7333-9d20-6c002e5631af', '2026-11-23 17:32:56.687735+00'),
	('content', '01a20977-cfbf-7504-be73-96d7097cc9de', '2026-11-23 17:32:56.704514+00'),
	('content', '01a20977-cfef-7535-8227-84c94bb4843d', '2026-11-23 17:32:56.734109+00'),
	('content', '01a20977-d018-7293-876c-523b3af2d0b2', '2026-11-23 17:32:56.768887+00'),
	('content', '01a20977-d042-73ea-b5e1-d4065e49861d', '2026-11-23 17:32:56.803171+00'),
	('content', '01a20977-d065-7497-815e-6b830203a8a1', '2026-11-23 17:32:56.846087+00'),
	('content', '01a20977-d072-72eb-8f4d-72bf12afdca0', '2026-11-23 17:32:56.852442+00'),
	('content', '01a20977-d095-72f1-b5e4-bb5f82f5acaa', '2026-11-23 17:32:56.912687+00'),
	('content', '01a20977-d0a2-724c-b1e9-6249a561ca2e', '2026-11-23 17:32:56.921457+00'),
	('content', '01a20977-d0b2-75f7-9b18-d5320986ab24', '2026-11-23 17:32:56.921457+00'),
	('content', '01a20977-d0cb-73c1-9461-ebfffbbce812', '2026-11-23 17:32:56.940916+00'),
	('content', '01a20977-d0d8-727f-8075-c7ff63e53627', '2026-11-23 17:32:56.959551+00'),
	('content', '01a20977-d0e9-7510-9ae9-f4b5923fb212', '2026-11-23 17:32:56.972892+00'),
	('content', '01a20977-d100-7337-8ae7-bf3726e3b0c2', '2026-11-23 17:32:56.995309+00'),
	('content', '01a20977-d118-7234-82ab-c5c1f3e7b0c6', '2026-11-23 17:32:57.01017+00'),
	('content', '01a20977-d134-7343-b7ab-0a4f4a44c1e7', '2026-11-23 17:32:57.060389+00'),
	('content', '01a20977-d16e-742c-b82e-671619415b8b', '2026-11-23 17:32:57.113822+00'),
	('content', '01a20977-d17d-7015-85da-b4abce4e5d76', '2026-11-23 17:32:57.133169+00'),
	('content', '01a20977-d1aa-73dc-ac15-f6c1a1302286', '2026-11-23 17:32:57.160798+00'),
	('content', '01a20977-d14e-773b-9648-390a9fc8f8aa', '2026-11-23 17:32:57.151457+00'),
	('content', '01a20977-d1bb-7386-abac-4ea405cf4056', '2026-11-23 17:32:57.178291+00'),
	('content', '01a20977-d1cf-7206-afee-02b01e6ea7f9', '2026-11-23 17:32:57.18836+00'),
	('content', '01a20977-d1ed-7361-977b-a8716603a957', '2026-11-23 17:32:57.226808+00'),
	('content', '01a20977-d1f9-723e-8867-500a87dbbae2', '2026-11-23 17:32:57.274104+00'),
	('content', '01a20977-d216-7531-9c9c-3c18f23dc25f', '2026-11-23 17:32:57.274104+00'),
	('content', '01a20977-d21d-72e5-a8eb-888917bf2db0', '2026-11-23 17:32:57.294405+00'),
	('content', '01a20977-d226-7052-8746-4358c4524c79', '2026-11-23 17:32:57.294405+00'),
	('content', '01a20977-d243-749f-8903-a7680a026287', '2026-11-23 17:32:57.340157+00'),
	('content', '01a20977-d280-769b-81de-be5f36d8e596', '2026-11-23 17:32:57.375614+00'),
	('content', '01a20977-d296-778b-8c56-ff3bc7ffa362', '2026-11-23 17:32:57.394779+00'),
	('content', '01a20977-d2a4-707c-9d0c-9e30780987ed', '2026-11-23 17:32:57.410239+00'),
	('content', '01a20977-d2b8-73e4-aa52-35a592bea75f', '2026-11-23 17:32:57.426217+00'),
	('content', '01a20977-d2be-738a-8432-4dd7599caacc', '2026-11-23 17:32:57.515226+00');
INSERT INTO public.inbox_20261123 VALUES
	('content', '01a20977-d2ca-7599-8103-8c2c4dae84a4', '2026-11-23 17:32:57.515226+00'),
	('content', '01a20977-d2d4-7571-ab24-7235b798d51d', '2026-11-23 17:32:57.515226+00'),
	('content', '01a20977-d2e4-70b5-9b99-00d9ce73479d', '2026-11-23 17:32:57.539616+00'),
	('content', '01a20977-d324-730e-ae4b-de1aa1e501c6', '2026-11-23 17:32:57.566478+00'),
	('content', '01a20977-d345-7562-9111-6551d6538358', '2026-11-23 17:32:57.599154+00'),
	('content', '01a20977-d369-7243-aa28-9077dd4660a0', '2026-11-23 17:32:57.61954+00'),
	('content', '01a20977-d38a-71c3-8d29-8bfa3edf53d1', '2026-11-23 17:32:57.64301+00'),
	('content', '01a20977-d3a3-7327-908e-a2b9c1dfda96', '2026-11-23 17:32:57.683877+00'),
	('content', '01a20977-d3b0-7073-8680-7c8bf8a7ac0a', '2026-11-23 17:32:57.683877+00'),
	('content', '01a20977-d412-736d-ade2-54970d3aa01f', '2026-11-23 17:32:57.784925+00'),
	('content', '01a20977-d942-7044-8547-646e89609e48', '2026-11-23 17:32:59.097293+00'),
	('content', '01a20977-da50-76fc-89ea-9509239e286f', '2026-11-23 17:32:59.372582+00'),
	('content', '01a20977-db9d-770b-b309-d2dba78b5e63', '2026-11-23 17:32:59.69062+00');


--
-- Data for Name: inbox_20261124; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261125; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261126; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: media; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.media VALUES
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-d878-7776-82e1-3a80444401c2', 2, false, '{"id": "01a20977-d878-7776-82e1-3a80444401c2", "alt": "A low sun over a calm sea, under a pink sky", "url": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L;Nu3Ls:afs:}@oLfQoLIpaykBbG", "mime_type": "image/png", "size_bytes": 3721, "thumbnails": {"large": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/large", "small": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/small", "medium": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/medium"}, "duration_seconds": null}'),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-d9c7-70be-b1fa-8dd51e8e9a5c', 2, false, '{"id": "01a20977-d9c7-70be-b1fa-8dd51e8e9a5c", "alt": "A high sun over a calm sea, under a blue sky", "url": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L,C[X|kDR.kD%%j]R.bIV=f6WXay", "mime_type": "image/png", "size_bytes": 3782, "thumbnails": {"large": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/large", "small": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/small", "medium": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/medium"}, "duration_seconds": null}'),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-dafd-7394-a4f6-8a32402f0032', 2, false, '{"id": "01a20977-dafd-7394-a4f6-8a32402f0032", "alt": "Half a sun behind a calm sea, under a violet sky", "url": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "LHBe;CogM}o4=*j]oeoME1ayxsj?", "mime_type": "image/png", "size_bytes": 3481, "thumbnails": {"large": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/large", "small": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/small", "medium": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/medium"}, "duration_seconds": null}');


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: parked_sequences; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: posts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.posts VALUES
	('01a20977-d41c-7317-bde0-a012efa77b00', '01a20977-bea4-71ee-8397-efe0167cd256', 'The sourdough surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.756+00', '[]', '{}', false),
	('01a20977-d438-7796-a784-597635049f0a', '01a20977-bea4-71ee-8397-efe0167cd256', 'Our cat was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.784+00', '[]', '{}', false),
	('01a20977-d450-7328-a19d-53f278331ce0', '01a20977-bea4-71ee-8397-efe0167cd256', 'That mountain path is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.808+00', '[]', '{}', false),
	('01a20977-d464-7780-b944-addcdbb68f4a', '01a20977-bea4-71ee-8397-efe0167cd256', 'The old bicycle deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.828+00', '[]', '{}', false),
	('01a20977-d474-7013-891a-9449c77c7cf1', '01a20977-bea4-71ee-8397-efe0167cd256', 'My first kernel patch taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.844+00', '[]', '{}', false),
	('01a20977-d480-73d6-ae92-46225011a8d0', '01a20977-bea4-71ee-8397-efe0167cd256', 'The choir needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.856+00', '[]', '{}', false),
	('01a20977-d499-74a8-9953-943272bc8dc6', '01a20977-bea4-71ee-8397-efe0167cd256', 'A very small garden went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.881+00', '[]', '{}', false),
	('01a20977-d4af-77eb-b14e-25eb56108db8', '01a20977-bea4-71ee-8397-efe0167cd256', 'The night train looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.903+00', '[]', '{}', false),
	('01a20977-d4cf-7565-a352-641a512e887d', '01a20977-bea4-71ee-8397-efe0167cd256', 'The sourdough needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.935+00', '[]', '{}', false),
	('01a20977-d4dc-7011-8d6d-3c687ea2a817', '01a20977-bea4-71ee-8397-efe0167cd256', 'Our cat went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.948+00', '[]', '{}', false),
	('01a20977-d4f6-77a7-9737-2f7f6235efcb', '01a20977-bea4-71ee-8397-efe0167cd256', 'That mountain path looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.974+00', '[]', '{}', false),
	('01a20977-d508-77b9-b1d1-de612a8c4903', '01a20977-bea4-71ee-8397-efe0167cd256', 'The old bicycle surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.992+00', '[]', '{}', false),
	('01a20977-d522-70f4-bdf2-806c39e17c42', '01a20977-bea4-71ee-8397-efe0167cd256', 'My first kernel patch was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.018+00', '[]', '{}', false),
	('01a20977-d539-7373-9e74-ac4dfdc1fab5', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'Our cat looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.041+00', '[]', '{}', false),
	('01a20977-d546-7356-a449-592a9440dd5b', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'That mountain path surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.054+00', '[]', '{}', false),
	('01a20977-d551-708a-944a-642a5304be53', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'The old bicycle was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.065+00', '[]', '{}', false),
	('01a20977-d55d-7519-8a6d-1573214489b8', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'My first kernel patch is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.077+00', '[]', '{}', false),
	('01a20977-d56e-759c-9406-8749ff14d898', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'The choir deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.094+00', '[]', '{}', false),
	('01a20977-d573-72b8-9470-81c3bc7c13fd', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'A very small garden taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.099+00', '[]', '{}', false),
	('01a20977-d579-70b1-a912-ee0d8c4227be', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'The night train needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.105+00', '[]', '{}', false),
	('01a20977-d5a0-723d-ad9f-f62c921fc7e2', '01a20977-c05c-77f4-b242-2b369536ed9c', 'That mountain path went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.144+00', '[]', '{}', false),
	('01a20977-d5ac-7228-9af7-cad92a4960ec', '01a20977-c05c-77f4-b242-2b369536ed9c', 'The old bicycle looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.156+00', '[]', '{}', false),
	('01a20977-d5b0-71a6-b83e-24eb6a4ca758', '01a20977-c05c-77f4-b242-2b369536ed9c', 'My first kernel patch surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.16+00', '[]', '{}', false),
	('01a20977-d5bc-7519-82d9-e1cb81462ec9', '01a20977-c05c-77f4-b242-2b369536ed9c', 'The choir was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.172+00', '[]', '{}', false),
	('01a20977-d5d1-7116-a65e-e93d040c5998', '01a20977-c05c-77f4-b242-2b369536ed9c', 'A very small garden is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.193+00', '[]', '{}', false),
	('01a20977-d5e9-7571-86d6-c8b4664687cf', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'The old bicycle needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.217+00', '[]', '{}', false),
	('01a20977-d5f6-7322-bea0-b2deb092bc6b', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'My first kernel patch went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.23+00', '[]', '{}', false),
	('01a20977-d60d-72ab-a54e-f4b7fb89f531', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'The choir looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.253+00', '[]', '{}', false),
	('01a20977-d628-7773-9322-af00f55f19f6', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'A very small garden surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.28+00', '[]', '{}', false),
	('01a20977-d663-73c9-bd5d-9eb5e90c6780', '01a20977-c13c-76cf-a4ba-959aa3774596', 'My first kernel patch taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.339+00', '[]', '{}', false),
	('01a20977-d672-7313-83f7-d59781de7531', '01a20977-c13c-76cf-a4ba-959aa3774596', 'The choir needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.354+00', '[]', '{}', false),
	('01a20977-d683-74a7-9bee-327263874792', '01a20977-c13c-76cf-a4ba-959aa3774596', 'A very small garden went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.371+00', '[]', '{}', false),
	('01a20977-d694-72eb-8520-841d9dd9ba45', '01a20977-c194-71e8-afaa-8432bf3eb038', 'The choir deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.388+00', '[]', '{}', false),
	('01a20977-d6a4-7628-a6c8-57544981b6b3', '01a20977-c194-71e8-afaa-8432bf3eb038', 'A very small garden taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.404+00', '[]', '{}', false),
	('01a20977-d6a9-75c0-9260-b54d59e47c6a', '01a20977-c194-71e8-afaa-8432bf3eb038', 'The night train needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.409+00', '[]', '{}', false),
	('01a20977-d6c3-73e5-8074-8f819d0ff087', '01a20977-c219-745b-8739-8532e2781ca6', 'A very small garden is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.435+00', '[]', '{}', false),
	('01a20977-d6d0-71d2-8c67-772651621541', '01a20977-c219-745b-8739-8532e2781ca6', 'The night train deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.448+00', '[]', '{}', false),
	('01a20977-d6f0-77a1-acf2-43f4a4f0c4fe', '01a20977-c263-70d6-be9b-c0fa05aecfec', 'The night train was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.48+00', '[]', '{}', false),
	('01a20977-d6f8-763a-afc7-3fd7fc5494b1', '01a20977-c263-70d6-be9b-c0fa05aecfec', 'The sourdough is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.488+00', '[]', '{}', false),
	('01a20977-d71b-7401-bc80-7697e36523e6', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', 'The sourdough surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.523+00', '[]', '{}', false),
	('01a20977-d725-7329-a44a-9fd184a9bd6b', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', 'Our cat was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.533+00', '[]', '{}', false),
	('01a20977-d73f-731f-923e-6d110c74bdb1', '01a20977-c340-749e-9071-613c5bdbd6ee', 'Our cat looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.559+00', '[]', '{}', false),
	('01a20977-d761-701d-b742-20a03880fc88', '01a20977-c340-749e-9071-613c5bdbd6ee', 'That mountain path surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.593+00', '[]', '{}', false),
	('01a20977-d774-7250-9e17-6a6a415e2e24', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', 'That mountain path went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.612+00', '[]', '{}', false),
	('01a20977-d7d6-75b6-acc2-abc50f221211', '01a20977-c457-73ad-89e0-ce6ee38488e5', 'My first kernel patch taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.71+00', '[]', '{}', false),
	('01a20977-d83c-7260-8da9-e59a2ee47fc9', '01a20977-c67e-7329-a365-8c81f38a83b6', 'The old bicycle needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.812+00', '[]', '{}', false),
	('01a20977-d77e-73e8-becb-eb36762e39f0', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', 'The old bicycle looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.622+00', '[]', '{}', false),
	('01a20977-d822-708f-9bd1-50f9ee0b82f8', '01a20977-c5f0-71d8-b46d-1302625827ae', 'Our cat looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.786+00', '[]', '{}', false),
	('01a20977-db15-771f-aece-58bd58cb17b6', '01a20977-c5f0-71d8-b46d-1302625827ae', 'And the last of the light.', 'IMAGE', 'PUBLIC', '{demo}', 2, '2026-11-23 17:32:59.693+00', '[{"id": "01a20977-dafd-7394-a4f6-8a32402f0032", "alt": "Half a sun behind a calm sea, under a violet sky", "url": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "LHBe;CogM}o4=*j]oeoME1ayxsj?", "mime_type": "image/png", "size_bytes": 3481, "thumbnails": {"large": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/large", "small": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/small", "medium": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/medium"}, "duration_seconds": null}]', '{01a20977-dafd-7394-a4f6-8a32402f0032}', false),
	('01a20977-d795-72a1-a2cc-124f4ff92a30', '01a20977-c407-76d7-a072-191ace4db394', 'The old bicycle needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.645+00', '[]', '{}', false),
	('01a20977-d7f6-7283-b09d-f9393626211c', '01a20977-c4e5-74a0-b38c-84cb396d3e69', 'A very small garden is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.742+00', '[]', '{}', false),
	('01a20977-d7c5-7024-9f9d-b0520949957e', '01a20977-c407-76d7-a072-191ace4db394', 'My first kernel patch went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.693+00', '[]', '{}', false),
	('01a20977-d82f-7517-b948-72bff7e3af60', '01a20977-c637-72d7-bbea-e98169adf13c', 'That mountain path went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.799+00', '[]', '{}', false),
	('01a20977-d7e3-71db-b38f-4fbaeefbadf3', '01a20977-c49e-7440-a27b-1a11ce3a3316', 'The choir deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.723+00', '[]', '{}', false),
	('01a20977-d899-7795-8380-cd7bc773ec2c', '01a20977-c05c-77f4-b242-2b369536ed9c', 'The sea, before anybody was up.', 'IMAGE', 'PUBLIC', '{demo}', 2, '2026-11-23 17:32:59.098+00', '[{"id": "01a20977-d878-7776-82e1-3a80444401c2", "alt": "A low sun over a calm sea, under a pink sky", "url": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L;Nu3Ls:afs:}@oLfQoLIpaykBbG", "mime_type": "image/png", "size_bytes": 3721, "thumbnails": {"large": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/large", "small": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/small", "medium": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/medium"}, "duration_seconds": null}]', '{01a20977-d878-7776-82e1-3a80444401c2}', false),
	('01a20977-d7fd-7591-b979-31131462fe48', '01a20977-c545-7485-990e-98584b148877', 'The night train was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.749+00', '[]', '{}', false),
	('01a20977-d9e0-7704-b6a4-23a1bc90d20c', '01a20977-c340-749e-9071-613c5bdbd6ee', 'The same sea, at lunch.', 'IMAGE', 'PUBLIC', '{demo}', 2, '2026-11-23 17:32:59.379+00', '[{"id": "01a20977-d9c7-70be-b1fa-8dd51e8e9a5c", "alt": "A high sun over a calm sea, under a blue sky", "url": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L,C[X|kDR.kD%%j]R.bIV=f6WXay", "mime_type": "image/png", "size_bytes": 3782, "thumbnails": {"large": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/large", "small": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/small", "medium": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/medium"}, "duration_seconds": null}]', '{01a20977-d9c7-70be-b1fa-8dd51e8e9a5c}', false),
	('01a20977-d806-7782-870a-44ad28d4d7a6', '01a20977-c5a3-702c-951e-15c99195b0f6', 'The sourdough surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.758+00', '[]', '{}', false);


--
-- Name: dead_letter_audit_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dead_letter_audit_id_seq', 1, false);


--
-- Name: dead_letters_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dead_letters_number_seq', 1, false);


--
-- Name: outbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.outbox_id_seq', 61, true);


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (user_id);


--
-- Name: dead_letter_audit dead_letter_audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dead_letter_audit
    ADD CONSTRAINT dead_letter_audit_pkey PRIMARY KEY (id);


--
-- Name: dead_letters dead_letters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);


--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (user_id);


--
-- Name: exports exports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (user_id);


--
-- Name: follows follows_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_pkey PRIMARY KEY (follower_id, followee_id);


--
-- Name: held_groups held_groups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.held_groups
    ADD CONSTRAINT held_groups_pkey PRIMARY KEY (fingerprint);


--
-- Name: idempotency_keys idempotency_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (owner, key);


--
-- Name: inbox_20261122 inbox_20261122_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261122
    ADD CONSTRAINT inbox_20261122_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261123 inbox_20261123_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261123
    ADD CONSTRAINT inbox_20261123_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261124 inbox_20261124_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261124
    ADD CONSTRAINT inbox_20261124_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261125 inbox_20261125_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261125
    ADD CONSTRAINT inbox_20261125_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: inbox_20261126 inbox_20261126_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox_20261126
    ADD CONSTRAINT inbox_20261126_pkey PRIMARY KEY (consumer, event_id);


--
-- Name: media media_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (owner_id, id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: parked_sequences parked_sequences_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.parked_sequences
    ADD CONSTRAINT parked_sequences_pkey PRIMARY KEY (consumer, topic, sequence);


--
-- Name: posts posts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_pkey PRIMARY KEY (id);


--
-- Name: dead_letters_aside; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dead_letters_aside ON public.dead_letters USING btree (consumer, topic, partition) WHERE aside;


--
-- Name: dead_letters_fingerprint; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dead_letters_fingerprint ON public.dead_letters USING btree (fingerprint) WHERE failed;


--
-- Name: dead_letters_place; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX dead_letters_place ON public.dead_letters USING btree ("position", partition, content, topic, consumer);


--
-- Name: dead_letters_sequence; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX dead_letters_sequence ON public.dead_letters USING btree (consumer, topic, sequence, number);


--
-- Name: exports_by_turn; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX exports_by_turn ON public.exports USING btree (turn);


--
-- Name: follows_by_followee; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follows_by_followee ON public.follows USING btree (followee_id);


--
-- Name: idempotency_keys_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_created_at ON public.idempotency_keys USING btree (created_at);


--
-- Name: parked_sequences_next; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_next ON public.parked_sequences USING btree (consumer, next_at) WHERE (next_at IS NOT NULL);


--
-- Name: parked_sequences_replay; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_replay ON public.parked_sequences USING btree (consumer, replay_requested_at) WHERE (replay_requested_at IS NOT NULL);


--
-- Name: posts_by_author; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX posts_by_author ON public.posts USING btree (author_id, id DESC);


--
-- Name: posts_by_media; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX posts_by_media ON public.posts USING gin (media_ids) WHERE (media_ids <> '{}'::uuid[]);


--
-- PostgreSQL database dump complete
--


