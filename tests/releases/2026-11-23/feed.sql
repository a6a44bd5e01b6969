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
-- Name: authors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.authors (
    id uuid NOT NULL,
    username text NOT NULL,
    display_name text NOT NULL,
    revision bigint NOT NULL,
    avatar_url text,
    hidden boolean DEFAULT false NOT NULL,
    erased boolean DEFAULT false NOT NULL,
    state_revision bigint DEFAULT 0 NOT NULL
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
-- Name: fanouts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.fanouts (
    id bigint NOT NULL,
    author_id uuid NOT NULL,
    post_id uuid NOT NULL,
    kind text NOT NULL,
    cause jsonb,
    told_to uuid,
    due timestamp with time zone DEFAULT now() NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT fanouts_kind_check CHECK ((kind = ANY (ARRAY['SHOWN'::text, 'HIDDEN'::text, 'UNSEEN'::text, 'DELETED'::text, 'PUSH'::text])))
);


--
-- Name: fanouts_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.fanouts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.fanouts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: follows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.follows (
    follower_id uuid NOT NULL,
    followee_id uuid NOT NULL,
    active boolean NOT NULL,
    revision bigint NOT NULL,
    muted boolean DEFAULT false NOT NULL,
    mute_revision bigint DEFAULT 0 NOT NULL,
    blocks boolean DEFAULT false NOT NULL,
    blocks_revision bigint DEFAULT 0 NOT NULL,
    is_blocked boolean DEFAULT false NOT NULL,
    is_blocked_revision bigint DEFAULT 0 NOT NULL,
    shown boolean GENERATED ALWAYS AS ((active AND (NOT muted) AND (NOT blocks) AND (NOT is_blocked))) STORED NOT NULL
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
    deleted boolean DEFAULT false NOT NULL,
    media jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT posts_type_check CHECK ((type = ANY (ARRAY['TEXT'::text, 'IMAGE'::text, 'VIDEO'::text, 'REEL'::text]))),
    CONSTRAINT posts_visibility_check CHECK ((visibility = ANY (ARRAY['PUBLIC'::text, 'PRIVATE'::text, 'FOLLOWERS_ONLY'::text])))
);


--
-- Name: pulled_posts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.pulled_posts (
    author_id uuid NOT NULL,
    post_id uuid NOT NULL,
    stays boolean NOT NULL
);


--
-- Name: readers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.readers (
    user_id uuid NOT NULL,
    read_at timestamp with time zone NOT NULL,
    generation bigint DEFAULT 0 NOT NULL
);


--
-- Name: timeline_epoch; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.timeline_epoch (
    only_row boolean DEFAULT true NOT NULL,
    epoch bigint NOT NULL,
    server text NOT NULL,
    CONSTRAINT timeline_epoch_only_row_check CHECK (only_row)
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
	(1, 'event bus', '2026-11-23 17:32:49.402148+00', true, '\x4c394f08e4ed74f1dbdb96ce1c301691ea9460732858bf172132acc6b6c169479f0f353a48c82d4be601aa355777dd46', 12216482),
	(2, 'feed', '2026-11-23 17:32:49.415148+00', true, '\x38e01d9002455670bec939117330bc0824214de781d3727318db6de9ac7c646a236fef949419705a98a59a06af971b4a', 8678201),
	(3, 'event bus 2', '2026-11-23 17:32:49.424227+00', true, '\x04d2192ccbd43127c1562412b9b4fc8c5633d09b90061648d23302b62e3fff615af48b8fbc2998e1f1441320b39e06a7', 15881016),
	(4, 'any size', '2026-11-23 17:32:49.440666+00', true, '\x517fb159f0f81f8bbadb5cb91157b3472ef35ee0dbd16c742c88df5f5d687a486b6dac20d7f60af26fbd659e4b276a63', 7210845),
	(5, 'relations', '2026-11-23 17:32:49.448247+00', true, '\x712b6d14c0d3baab8bf35e0e51b8b296aae23c68e7eeae5b656611bde6c991510b8b4807657dc75e6eee3dcfaec1be96', 5207593),
	(6, 'accounts', '2026-11-23 17:32:49.453883+00', true, '\x2f682c2fb671e8c35d66c47599959739b93b33fd7481535142dc29a4003b761959a581b916d185dbce9afd9105817b4e', 2807843),
	(7, 'media', '2026-11-23 17:32:49.457086+00', true, '\xc7b24fe85a36eaf1803dc75c3379626e6721a8af299664a93f7d99ce08fa7e3ade981c3c3e969c1e23d4a3ff48696457', 1680980);


--
-- Data for Name: authors; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.authors VALUES
	('01a20977-bea4-71ee-8397-efe0167cd256', 'demo_ada', 'Ada', 1, NULL, false, false, 0),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', 'demo_bela', 'Bela', 1, NULL, false, false, 0),
	('01a20977-c05c-77f4-b242-2b369536ed9c', 'demo_carla', 'Carla', 1, NULL, false, false, 0),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', 'demo_dario', 'Dario', 1, NULL, false, false, 0),
	('01a20977-c13c-76cf-a4ba-959aa3774596', 'demo_emre', 'Emre', 1, NULL, false, false, 0),
	('01a20977-c194-71e8-afaa-8432bf3eb038', 'demo_fatima', 'Fatima', 1, NULL, false, false, 0),
	('01a20977-c219-745b-8739-8532e2781ca6', 'demo_goran', 'Goran', 1, NULL, false, false, 0),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', 'demo_hana', 'Hana', 1, NULL, false, false, 0),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', 'demo_ivo', 'Ivo', 1, NULL, false, false, 0),
	('01a20977-c340-749e-9071-613c5bdbd6ee', 'demo_jun', 'Jun', 1, NULL, false, false, 0),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', 'demo_kira', 'Kira', 1, NULL, false, false, 0),
	('01a20977-c407-76d7-a072-191ace4db394', 'demo_luca', 'Luca', 1, NULL, false, false, 0),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', 'demo_mei', 'Mei', 1, NULL, false, false, 0),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', 'demo_noor', 'Noor', 1, NULL, false, false, 0),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', 'demo_otto', 'Otto', 1, NULL, false, false, 0),
	('01a20977-c545-7485-990e-98584b148877', 'demo_pia', 'Pia', 1, NULL, false, false, 0),
	('01a20977-c5a3-702c-951e-15c99195b0f6', 'demo_quentin', 'Quentin', 1, NULL, false, false, 0),
	('01a20977-c5f0-71d8-b46d-1302625827ae', 'demo_rosa', 'Rosa', 1, NULL, false, false, 0),
	('01a20977-c637-72d7-bbea-e98169adf13c', 'demo_sami', 'Sami', 1, NULL, false, false, 0),
	('01a20977-c67e-7329-a365-8c81f38a83b6', 'demo_tove', 'Tove', 2, NULL, false, false, 0);


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
-- Data for Name: fanouts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: follows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.follows VALUES
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c407-76d7-a072-191ace4db394', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c219-745b-8739-8532e2781ca6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c219-745b-8739-8532e2781ca6', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c407-76d7-a072-191ace4db394', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c407-76d7-a072-191ace4db394', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c545-7485-990e-98584b148877', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, false, 0, false, 0, false, 0, DEFAULT);
INSERT INTO public.follows VALUES
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c637-72d7-bbea-e98169adf13c', false, 0, false, 0, false, 0, true, 1, DEFAULT),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c5a3-702c-951e-15c99195b0f6', false, 0, false, 0, true, 1, false, 0, DEFAULT),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, false, 0, false, 0, false, 0, DEFAULT),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, false, 0, false, 0, false, 0, DEFAULT);


--
-- Data for Name: held_groups; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261122; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261123; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.inbox_20261123 VALUES
	('feed', '01a20977-beb2-7302-a6c9-65cc30408613', '2026-11-23 17:32:52.410826+00'),
	('feed', '01a20977-bfdd-7325-bf8e-5b4b83ddad4e', '2026-11-23 17:32:52.629473+00'),
	('feed', '01a20977-c061-7106-b6f7-f6a2ee8cb506', '2026-11-23 17:32:52.762179+00'),
	('feed', '01a20977-c0d6-75d6-8027-19ec9c60af00', '2026-11-23 17:32:52.857528+00'),
	('feed', '01a20977-c141-726d-ac81-1348c4a4e04a', '2026-11-23 17:32:52.955398+00'),
	('feed', '01a20977-c198-757e-900c-671e967e6e91', '2026-11-23 17:32:53.072618+00'),
	('feed', '01a20977-c21a-76b2-b946-39a8dc154caa', '2026-11-23 17:32:53.18762+00'),
	('feed', '01a20977-c266-7553-852e-41c9ddc9524b', '2026-11-23 17:32:53.264258+00'),
	('feed', '01a20977-c2cf-73b7-881d-0ce183b25e6c', '2026-11-23 17:32:53.35481+00'),
	('feed', '01a20977-c341-7188-b530-05ab257fb8b9', '2026-11-23 17:32:53.475572+00'),
	('feed', '01a20977-c3b7-72f6-82d2-b4e4fde87636', '2026-11-23 17:32:53.580255+00'),
	('feed', '01a20977-c40d-7456-b6df-524ba70b74d5', '2026-11-23 17:32:53.668052+00'),
	('feed', '01a20977-c45a-74b0-b269-6b105938172e', '2026-11-23 17:32:53.762456+00'),
	('feed', '01a20977-c49e-7440-a27b-1a126f2810d2', '2026-11-23 17:32:53.817669+00'),
	('feed', '01a20977-c4e7-7367-bb14-749b76a83ad5', '2026-11-23 17:32:53.892709+00'),
	('feed', '01a20977-c547-72d9-9892-c40307e9cc4e', '2026-11-23 17:32:53.995439+00'),
	('feed', '01a20977-c5a4-703c-88a3-5aab5601d050', '2026-11-23 17:32:54.069502+00'),
	('feed', '01a20977-c5f2-7223-8990-eb14cb1e9e9e', '2026-11-23 17:32:54.159704+00'),
	('feed', '01a20977-c639-71c3-9733-746a5b3b1f9c', '2026-11-23 17:32:54.229146+00'),
	('feed', '01a20977-c67f-719e-91a4-4c9cfc99f2be', '2026-11-23 17:32:54.304842+00'),
	('feed', '01a20977-c6a8-73c5-874f-f809d192fd75', '2026-11-23 17:32:54.335328+00'),
	('feed', '01a20977-c6c9-7627-adac-58275294a0d3', '2026-11-23 17:32:54.382504+00'),
	('feed', '01a20977-c6e3-75a0-9509-c122b0541dd0', '2026-11-23 17:32:54.433985+00'),
	('feed', '01a20977-c6ff-7632-b4ad-5d0a9de1404f', '2026-11-23 17:32:54.453855+00'),
	('feed', '01a20977-c766-718e-91be-515aac92d85e', '2026-11-23 17:32:54.52397+00'),
	('feed', '01a20977-c78c-76f2-8daf-d0643a995270', '2026-11-23 17:32:54.607112+00'),
	('feed', '01a20977-c7e7-75e0-9957-8aec690b40db', '2026-11-23 17:32:54.648306+00'),
	('feed', '01a20977-c80e-7757-bf59-dabee53fbe2b', '2026-11-23 17:32:54.711576+00'),
	('feed', '01a20977-c81f-7292-9a0e-130e9201e191', '2026-11-23 17:32:54.75047+00'),
	('feed', '01a20977-c83d-7683-a6a2-06d6fed830ef', '2026-11-23 17:32:54.770944+00'),
	('feed', '01a20977-c860-7397-b341-3c51710eeb56', '2026-11-23 17:32:54.793621+00'),
	('feed', '01a20977-c8a6-7081-b956-0c1b92e0a8af', '2026-11-23 17:32:54.854152+00'),
	('feed', '01a20977-c8b7-7795-a745-f2b9d670b369', '2026-11-23 17:32:54.892669+00'),
	('feed', '01a20977-c8d6-70ef-87de-6288acebde84', '2026-11-23 17:32:54.918384+00'),
	('feed', '01a20977-c915-7139-b557-05131b7a61f1', '2026-11-23 17:32:54.968492+00'),
	('feed', '01a20977-c92b-7301-bb00-64eae47a64e5', '2026-11-23 17:32:54.996226+00'),
	('feed', '01a20977-c960-7129-ba89-453b1076b931', '2026-11-23 17:32:55.042277+00'),
	('feed', '01a20977-c97b-76fd-905e-ad5ec04b89c5', '2026-11-23 17:32:55.104477+00'),
	('feed', '01a20977-c9a4-772b-b170-b0189e13ba72', '2026-11-23 17:32:55.138524+00'),
	('feed', '01a20977-c9e2-7327-9661-80a75538cd7b', '2026-11-23 17:32:55.182187+00'),
	('feed', '01a20977-c9fd-7583-a788-b21abf540653', '2026-11-23 17:32:55.195252+00'),
	('feed', '01a20977-ca1b-72d9-b64e-e30dab92d6c6', '2026-11-23 17:32:55.228181+00'),
	('feed', '01a20977-ca38-7101-81ba-c9f571f1b813', '2026-11-23 17:32:55.251954+00'),
	('feed', '01a20977-ca56-74fc-8a22-569a6c356b60', '2026-11-23 17:32:55.351456+00'),
	('feed', '01a20977-ca5f-77f7-9d95-03b28f530a06', '2026-11-23 17:32:55.351456+00'),
	('feed', '01a20977-ca8d-72ba-80b8-749e2f13799d', '2026-11-23 17:32:55.384825+00'),
	('feed', '01a20977-ca67-75a7-a693-15bdc55f4f5e', '2026-11-23 17:32:55.392046+00'),
	('feed', '01a20977-ca74-7014-86c3-9873412cd1c5', '2026-11-23 17:32:55.392046+00'),
	('feed', '01a20977-ca7b-7158-b871-f299474ca8a9', '2026-11-23 17:32:55.392046+00'),
	('feed', '01a20977-cac4-75a9-9b6d-fd59b04d3eee', '2026-11-23 17:32:55.41088+00'),
	('feed', '01a20977-cb00-71e0-a1b9-de4012d3cd75', '2026-11-23 17:32:55.447632+00'),
	('feed', '01a20977-cb28-7697-8e4a-f795d0457759', '2026-11-23 17:32:55.491815+00'),
	('feed', '01a20977-cb37-774a-93f1-7d95a66a57c6', '2026-11-23 17:32:55.500285+00'),
	('feed', '01a20977-cb5a-710d-b2ef-996a57ac2e3d', '2026-11-23 17:32:55.540872+00'),
	('feed', '01a20977-cb91-73af-be78-069bf2e4e08b', '2026-11-23 17:32:55.604392+00'),
	('feed', '01a20977-cbbf-77f5-87df-f6fb02edec9a', '2026-11-23 17:32:55.642008+00'),
	('feed', '01a20977-cbdb-7248-9b74-f0bd5b195b7e', '2026-11-23 17:32:55.672299+00'),
	('feed', '01a20977-cbe3-745c-9331-763ea4798f21', '2026-11-23 17:32:55.672299+00'),
	('feed', '01a20977-cbf9-77fc-8f30-98145eb89bd2', '2026-11-23 17:32:55.719291+00'),
	('feed', '01a20977-cc29-7624-b8b6-bf33767f5c76', '2026-11-23 17:32:55.76397+00'),
	('feed', '01a20977-cc54-76bc-8b40-7cd8dc56273c', '2026-11-23 17:32:55.800929+00'),
	('feed', '01a20977-cc5b-70a4-8cdb-eeeddb6665d0', '2026-11-23 17:32:55.84861+00'),
	('feed', '01a20977-cc6a-757a-bce0-9de6d11804a5', '2026-11-23 17:32:55.874361+00'),
	('feed', '01a20977-cc8c-7604-8772-f4db474cfa67', '2026-11-23 17:32:55.874361+00'),
	('feed', '01a20977-ccab-7113-a5cb-f6418008282d', '2026-11-23 17:32:55.913224+00'),
	('feed', '01a20977-ccee-771f-a8d1-4443f8771b64', '2026-11-23 17:32:55.959562+00'),
	('feed', '01a20977-cd27-75b1-9741-aa8b09e06633', '2026-11-23 17:32:56.019341+00'),
	('feed', '01a20977-cd47-774d-b9c3-3249f00e7464', '2026-11-23 17:32:56.051533+00'),
	('feed', '01a20977-cd66-77aa-9189-36c9af5ef50c', '2026-11-23 17:32:56.075621+00'),
	('feed', '01a20977-cd7e-73d5-bb34-a9a6c9b836ce', '2026-11-23 17:32:56.075621+00'),
	('feed', '01a20977-cda9-730c-9364-720ca34731f2', '2026-11-23 17:32:56.16978+00'),
	('feed', '01a20977-cdbf-72f0-abf1-4a345e1a2ec5', '2026-11-23 17:32:56.208919+00'),
	('feed', '01a20977-cdf2-7346-8019-3427bee0ef88', '2026-11-23 17:32:56.210102+00'),
	('feed', '01a20977-ce0f-71ab-9b04-40c3112d0b0d', '2026-11-23 17:32:56.244725+00'),
	('feed', '01a20977-ce3b-71a7-9414-88c1fb5aa991', '2026-11-23 17:32:56.273555+00'),
	('feed', '01a20977-ce5e-7432-8cb5-a5bfb8df25e6', '2026-11-23 17:32:56.320882+00'),
	('feed', '01a20977-ce70-710b-9b58-217ca6f76234', '2026-11-23 17:32:56.331474+00'),
	('feed', '01a20977-ceab-757e-a326-e61f4d390bd9', '2026-11-23 17:32:56.389736+00'),
	('feed', '01a20977-ceb3-708e-be9d-dc53822d525e', '2026-11-23 17:32:56.389736+00'),
	('feed', '01a20977-ceb8-7529-96fe-dbec2bc94291', '2026-11-23 17:32:56.40495+00'),
	('feed', '01a20977-cec1-75c3-acad-152bfb2e86d1', '2026-11-23 17:32:56.427781+00'),
	('feed', '01a20977-cee0-720b-862f-6f80f8037cd1', '2026-11-23 17:32:56.462235+00'),
	('feed', '01a20977-cf47-7353-bcf2-d13ea19a7a2f', '2026-11-23 17:32:56.541638+00'),
	('feed', '01a20977-cf4e-7209-87fd-1af260e4d001', '2026-11-23 17:32:56.548892+00'),
	('feed', '01a20977-cf5c-76bd-bf6f-3d5306535d16', '2026-11-23 17:32:56.566477+00'),
	('feed', '01a20977-cf79-74ad-8080-097405917356', '2026-11-23 17:32:56.619123+00'),
	('feed', '01a20977-cf9f-77c4-a61f-76f07cd9a06a', '2026-11-23 17:32:56.67142+00'),
	('feed', '01a20977-cfb1-7333-9d20-6c002e5631af', '2026-11-23 17:32:56.68452+00'),
	('feed', '01a20977-cfbf-7504-be73-96d7097cc9de', '2026-11-23 17:32:56.717574+00'),
	('feed', '01a20977-cfef-7535-8227-84c94bb4843d', '2026-11-23 17:32:56.740933+00'),
	('feed', '01a20977-d018-7293-876c-523b3af2d0b2', '2026-11-23 17:32:56.77635+00'),
	('feed', '01a20977-d042-73ea-b5e1-d4065e49861d', '2026-11-23 17:32:56.801471+00'),
	('feed', '01a20977-d065-7497-815e-6b830203a8a1', '2026-11-23 17:32:56.828431+00'),
	('feed', '01a20977-d072-72eb-8f4d-72bf12afdca0', '2026-11-23 17:32:56.844021+00'),
	('feed', '01a20977-d095-72f1-b5e4-bb5f82f5acaa', '2026-11-23 17:32:56.873795+00'),
	('feed', '01a20977-d0a2-724c-b1e9-6249a561ca2e', '2026-11-23 17:32:56.907762+00'),
	('feed', '01a20977-d0b2-75f7-9b18-d5320986ab24', '2026-11-23 17:32:56.921241+00'),
	('feed', '01a20977-d0cb-73c1-9461-ebfffbbce812', '2026-11-23 17:32:56.93803+00'),
	('feed', '01a20977-d0d8-727f-8075-c7ff63e53627', '2026-11-23 17:32:56.958946+00'),
	('feed', '01a20977-d0e9-7510-9ae9-f4b5923fb212', '2026-11-23 17:32:56.975529+00');
INSERT INTO public.inbox_20261123 VALUES
	('feed', '01a20977-d100-7337-8ae7-bf3726e3b0c2', '2026-11-23 17:32:57.003287+00'),
	('feed', '01a20977-d118-7234-82ab-c5c1f3e7b0c6', '2026-11-23 17:32:57.023176+00'),
	('feed', '01a20977-d134-7343-b7ab-0a4f4a44c1e7', '2026-11-23 17:32:57.035852+00'),
	('feed', '01a20977-d14e-773b-9648-390a9fc8f8aa', '2026-11-23 17:32:57.068071+00'),
	('feed', '01a20977-d16e-742c-b82e-671619415b8b', '2026-11-23 17:32:57.10007+00'),
	('feed', '01a20977-d17d-7015-85da-b4abce4e5d76', '2026-11-23 17:32:57.147346+00'),
	('feed', '01a20977-d1aa-73dc-ac15-f6c1a1302286', '2026-11-23 17:32:57.165235+00'),
	('feed', '01a20977-d1bb-7386-abac-4ea405cf4056', '2026-11-23 17:32:57.17434+00'),
	('feed', '01a20977-d1cf-7206-afee-02b01e6ea7f9', '2026-11-23 17:32:57.188879+00'),
	('feed', '01a20977-d1ed-7361-977b-a8716603a957', '2026-11-23 17:32:57.225665+00'),
	('feed', '01a20977-d1f9-723e-8867-500a87dbbae2', '2026-11-23 17:32:57.259477+00'),
	('feed', '01a20977-d216-7531-9c9c-3c18f23dc25f', '2026-11-23 17:32:57.286101+00'),
	('feed', '01a20977-d21d-72e5-a8eb-888917bf2db0', '2026-11-23 17:32:57.286101+00'),
	('feed', '01a20977-d226-7052-8746-4358c4524c79', '2026-11-23 17:32:57.286101+00'),
	('feed', '01a20977-d243-749f-8903-a7680a026287', '2026-11-23 17:32:57.33579+00'),
	('feed', '01a20977-d280-769b-81de-be5f36d8e596', '2026-11-23 17:32:57.375356+00'),
	('feed', '01a20977-d296-778b-8c56-ff3bc7ffa362', '2026-11-23 17:32:57.394314+00'),
	('feed', '01a20977-d2a4-707c-9d0c-9e30780987ed', '2026-11-23 17:32:57.408203+00'),
	('feed', '01a20977-d2b8-73e4-aa52-35a592bea75f', '2026-11-23 17:32:57.425265+00'),
	('feed', '01a20977-d2be-738a-8432-4dd7599caacc', '2026-11-23 17:32:57.425265+00'),
	('feed', '01a20977-d2ca-7599-8103-8c2c4dae84a4', '2026-11-23 17:32:57.505878+00'),
	('feed', '01a20977-d2d4-7571-ab24-7235b798d51d', '2026-11-23 17:32:57.505878+00'),
	('feed', '01a20977-d324-730e-ae4b-de1aa1e501c6', '2026-11-23 17:32:57.554648+00'),
	('feed', '01a20977-d2e4-70b5-9b99-00d9ce73479d', '2026-11-23 17:32:57.565241+00'),
	('feed', '01a20977-d345-7562-9111-6551d6538358', '2026-11-23 17:32:57.596573+00'),
	('feed', '01a20977-d369-7243-aa28-9077dd4660a0', '2026-11-23 17:32:57.616066+00'),
	('feed', '01a20977-d38a-71c3-8d29-8bfa3edf53d1', '2026-11-23 17:32:57.646576+00'),
	('feed', '01a20977-d3a3-7327-908e-a2b9c1dfda96', '2026-11-23 17:32:57.663346+00'),
	('feed', '01a20977-d3b0-7073-8680-7c8bf8a7ac0a', '2026-11-23 17:32:57.663346+00'),
	('feed', '01a20977-d3d5-70cc-bca2-12b6a401458a', '2026-11-23 17:32:57.707115+00'),
	('feed', '01a20977-d412-736d-ade2-54970d3aa01f', '2026-11-23 17:32:57.778595+00'),
	('feed', '01a20977-d422-71b5-aef9-28b44d7aed9f', '2026-11-23 17:32:57.807652+00'),
	('feed', '01a20977-d43e-7092-aa6f-0fcbffa713da', '2026-11-23 17:32:57.87133+00'),
	('feed', '01a20977-d453-73f9-9ee3-59a4d012f81a', '2026-11-23 17:32:57.91437+00'),
	('feed', '01a20977-d466-7625-94b3-7e9c8285a6de', '2026-11-23 17:32:57.91437+00'),
	('feed', '01a20977-d477-75bb-9544-59ab6cac5bc5', '2026-11-23 17:32:57.91437+00'),
	('feed', '01a20977-d483-7075-ad18-1e3d51b71e6a', '2026-11-23 17:32:57.91437+00'),
	('feed', '01a20977-d5ea-7227-a2f1-5cb2e1e1a30a', '2026-11-23 17:32:58.241331+00'),
	('feed', '01a20977-d664-7636-b75e-861128defdf5', '2026-11-23 17:32:58.361999+00'),
	('feed', '01a20977-d80a-72d8-aa31-357ecd2a796f', '2026-11-23 17:32:58.79075+00'),
	('feed', '01a20977-d49b-7302-a033-62c36bb51311', '2026-11-23 17:32:57.958218+00'),
	('feed', '01a20977-d4b1-763c-a8ba-b35d71497b0d', '2026-11-23 17:32:57.958218+00'),
	('feed', '01a20977-d546-7356-a449-592b288f93eb', '2026-11-23 17:32:58.101344+00'),
	('feed', '01a20977-d796-7370-8e2f-c3506d4bd88a', '2026-11-23 17:32:58.684563+00'),
	('feed', '01a20977-d7f7-7517-8844-f582e8ad9419', '2026-11-23 17:32:58.769914+00'),
	('feed', '01a20977-d830-7351-a372-a7e36f1ec56c', '2026-11-23 17:32:58.826149+00'),
	('feed', '01a20977-dbb3-7362-829e-59740cc8ab45', '2026-11-23 17:32:59.723381+00'),
	('feed', '01a20977-d4cf-7565-a352-641be6d15764', '2026-11-23 17:32:57.98273+00'),
	('feed', '01a20977-d5f7-770a-a98f-16ae96eea4e9', '2026-11-23 17:32:58.277064+00'),
	('feed', '01a20977-d697-71d0-b74b-9dea250acc7b', '2026-11-23 17:32:58.426945+00'),
	('feed', '01a20977-d6a5-7688-bf0d-49b276a60889', '2026-11-23 17:32:58.426945+00'),
	('feed', '01a20977-d775-70d4-95de-1a3e1d2b708e', '2026-11-23 17:32:58.633812+00'),
	('feed', '01a20977-d4e2-74db-8be9-0216fcd477ef', '2026-11-23 17:32:58.005757+00'),
	('feed', '01a20977-d4f7-76da-b0c9-3febe51e8ea3', '2026-11-23 17:32:58.005757+00'),
	('feed', '01a20977-d57e-76d8-ab69-89e553cdedbb', '2026-11-23 17:32:58.143227+00'),
	('feed', '01a20977-d60e-744b-a101-dc2b0ef5e5c3', '2026-11-23 17:32:58.288903+00'),
	('feed', '01a20977-d7e5-7246-8db2-d49e5f3a1f56', '2026-11-23 17:32:58.780484+00'),
	('feed', '01a20977-d9e1-77fa-a459-4704bc44ba72', '2026-11-23 17:32:59.24415+00'),
	('feed', '01a20977-d50a-70d2-9cdf-3c0da1694a0a', '2026-11-23 17:32:58.023927+00'),
	('feed', '01a20977-d6c4-75d1-a59e-b5fef0ba32c0', '2026-11-23 17:32:58.469957+00'),
	('feed', '01a20977-d6d5-7297-acb2-d1c44a0eba8c', '2026-11-23 17:32:58.469957+00'),
	('feed', '01a20977-d71d-7158-857e-7a47b88169bf', '2026-11-23 17:32:58.550549+00'),
	('feed', '01a20977-d7c5-7024-9f9d-b05394dc877b', '2026-11-23 17:32:58.707385+00'),
	('feed', '01a20977-d83c-7260-8da9-e59b19e386e0', '2026-11-23 17:32:58.879067+00'),
	('feed', '01a20977-d524-75cc-ae1c-749719449ce4', '2026-11-23 17:32:58.04726+00'),
	('feed', '01a20977-d5b1-7420-b00f-3d1a1fb15bec', '2026-11-23 17:32:58.207565+00'),
	('feed', '01a20977-d726-74c9-8e9f-f033a5096198', '2026-11-23 17:32:58.57032+00'),
	('feed', '01a20977-db16-77b5-9f3c-6bbd285fea8d', '2026-11-23 17:32:59.562517+00'),
	('feed', '01a20977-d53a-7754-9ad8-98daa7565367', '2026-11-23 17:32:58.057199+00'),
	('feed', '01a20977-d762-72cb-a79b-01853ca6430e', '2026-11-23 17:32:58.607278+00'),
	('feed', '01a20977-d823-7795-a612-119854851ee8', '2026-11-23 17:32:58.821913+00'),
	('feed', '01a20977-da7c-7686-99bf-12064b53af2d', '2026-11-23 17:32:59.401742+00'),
	('feed', '01a20977-d551-708a-944a-642bed4e393d', '2026-11-23 17:32:58.134164+00'),
	('feed', '01a20977-d55e-700b-8be5-971f568039ce', '2026-11-23 17:32:58.134164+00'),
	('feed', '01a20977-d56f-77f5-8c53-213384790dcf', '2026-11-23 17:32:58.134164+00'),
	('feed', '01a20977-d574-7013-9d57-863fbe699c21', '2026-11-23 17:32:58.134164+00'),
	('feed', '01a20977-d5d4-7567-9335-78caeb95594c', '2026-11-23 17:32:58.25425+00'),
	('feed', '01a20977-d6f9-723e-9963-9aa0049e553f', '2026-11-23 17:32:58.531808+00'),
	('feed', '01a20977-d7d7-70ca-882f-f4af87faf27d', '2026-11-23 17:32:58.72181+00'),
	('feed', '01a20977-d89a-7542-b345-a1944fb7832c', '2026-11-23 17:32:58.935633+00'),
	('feed', '01a20977-d5a2-704d-aa15-c9a8d3942182', '2026-11-23 17:32:58.172609+00'),
	('feed', '01a20977-d5ad-7262-bf50-87e77ef521d1', '2026-11-23 17:32:58.172609+00'),
	('feed', '01a20977-d629-717a-a5b1-2198a89109c0', '2026-11-23 17:32:58.324234+00'),
	('feed', '01a20977-d6aa-73df-b065-e41be46a357e', '2026-11-23 17:32:58.453881+00'),
	('feed', '01a20977-d7fd-7591-b979-31146a8b4e38', '2026-11-23 17:32:58.772237+00'),
	('feed', '01a20977-d5bd-715f-9196-1fa60ecc565a', '2026-11-23 17:32:58.246576+00'),
	('feed', '01a20977-d672-7313-83f7-d5989b874dce', '2026-11-23 17:32:58.398169+00'),
	('feed', '01a20977-d683-74a7-9bee-3273a865e036', '2026-11-23 17:32:58.398169+00'),
	('feed', '01a20977-d6f2-703e-a12c-65e83f8c7abd', '2026-11-23 17:32:58.500859+00'),
	('feed', '01a20977-d742-76eb-a8b9-bb07a875683c', '2026-11-23 17:32:58.589699+00'),
	('feed', '01a20977-d77f-72bb-924c-e131e7372c12', '2026-11-23 17:32:58.654287+00'),
	('feed', '01a20977-d95d-7026-be8c-85599828b3e0', '2026-11-23 17:32:59.110365+00');


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
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: parked_sequences; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: posts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.posts VALUES
	('01a20977-d41c-7317-bde0-a012efa77b00', '01a20977-bea4-71ee-8397-efe0167cd256', 'The sourdough surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.756+00', false, '[]'),
	('01a20977-d438-7796-a784-597635049f0a', '01a20977-bea4-71ee-8397-efe0167cd256', 'Our cat was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.784+00', false, '[]'),
	('01a20977-d450-7328-a19d-53f278331ce0', '01a20977-bea4-71ee-8397-efe0167cd256', 'That mountain path is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.808+00', false, '[]'),
	('01a20977-d464-7780-b944-addcdbb68f4a', '01a20977-bea4-71ee-8397-efe0167cd256', 'The old bicycle deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.828+00', false, '[]'),
	('01a20977-d474-7013-891a-9449c77c7cf1', '01a20977-bea4-71ee-8397-efe0167cd256', 'My first kernel patch taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.844+00', false, '[]'),
	('01a20977-d480-73d6-ae92-46225011a8d0', '01a20977-bea4-71ee-8397-efe0167cd256', 'The choir needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.856+00', false, '[]'),
	('01a20977-d499-74a8-9953-943272bc8dc6', '01a20977-bea4-71ee-8397-efe0167cd256', 'A very small garden went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.881+00', false, '[]'),
	('01a20977-d4af-77eb-b14e-25eb56108db8', '01a20977-bea4-71ee-8397-efe0167cd256', 'The night train looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.903+00', false, '[]'),
	('01a20977-d4cf-7565-a352-641a512e887d', '01a20977-bea4-71ee-8397-efe0167cd256', 'The sourdough needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.935+00', false, '[]'),
	('01a20977-d4dc-7011-8d6d-3c687ea2a817', '01a20977-bea4-71ee-8397-efe0167cd256', 'Our cat went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.948+00', false, '[]'),
	('01a20977-d4f6-77a7-9737-2f7f6235efcb', '01a20977-bea4-71ee-8397-efe0167cd256', 'That mountain path looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.974+00', false, '[]'),
	('01a20977-d508-77b9-b1d1-de612a8c4903', '01a20977-bea4-71ee-8397-efe0167cd256', 'The old bicycle surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:57.992+00', false, '[]'),
	('01a20977-d522-70f4-bdf2-806c39e17c42', '01a20977-bea4-71ee-8397-efe0167cd256', 'My first kernel patch was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.018+00', false, '[]'),
	('01a20977-d539-7373-9e74-ac4dfdc1fab5', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'Our cat looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.041+00', false, '[]'),
	('01a20977-d546-7356-a449-592a9440dd5b', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'That mountain path surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.054+00', false, '[]'),
	('01a20977-d551-708a-944a-642a5304be53', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'The old bicycle was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.065+00', false, '[]'),
	('01a20977-d55d-7519-8a6d-1573214489b8', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'My first kernel patch is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.077+00', false, '[]'),
	('01a20977-d56e-759c-9406-8749ff14d898', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'The choir deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.094+00', false, '[]'),
	('01a20977-d573-72b8-9470-81c3bc7c13fd', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'A very small garden taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.099+00', false, '[]'),
	('01a20977-d579-70b1-a912-ee0d8c4227be', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'The night train needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.105+00', false, '[]'),
	('01a20977-d5a0-723d-ad9f-f62c921fc7e2', '01a20977-c05c-77f4-b242-2b369536ed9c', 'That mountain path went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.144+00', false, '[]'),
	('01a20977-d5ac-7228-9af7-cad92a4960ec', '01a20977-c05c-77f4-b242-2b369536ed9c', 'The old bicycle looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.156+00', false, '[]'),
	('01a20977-d5b0-71a6-b83e-24eb6a4ca758', '01a20977-c05c-77f4-b242-2b369536ed9c', 'My first kernel patch surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.16+00', false, '[]'),
	('01a20977-d5e9-7571-86d6-c8b4664687cf', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'The old bicycle needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.217+00', false, '[]'),
	('01a20977-d5bc-7519-82d9-e1cb81462ec9', '01a20977-c05c-77f4-b242-2b369536ed9c', 'The choir was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.172+00', false, '[]'),
	('01a20977-d5d1-7116-a65e-e93d040c5998', '01a20977-c05c-77f4-b242-2b369536ed9c', 'A very small garden is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.193+00', false, '[]'),
	('01a20977-d5f6-7322-bea0-b2deb092bc6b', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'My first kernel patch went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.23+00', false, '[]'),
	('01a20977-d60d-72ab-a54e-f4b7fb89f531', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'The choir looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.253+00', false, '[]'),
	('01a20977-d628-7773-9322-af00f55f19f6', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'A very small garden surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.28+00', false, '[]'),
	('01a20977-d663-73c9-bd5d-9eb5e90c6780', '01a20977-c13c-76cf-a4ba-959aa3774596', 'My first kernel patch taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.339+00', false, '[]'),
	('01a20977-d672-7313-83f7-d59781de7531', '01a20977-c13c-76cf-a4ba-959aa3774596', 'The choir needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.354+00', false, '[]'),
	('01a20977-d683-74a7-9bee-327263874792', '01a20977-c13c-76cf-a4ba-959aa3774596', 'A very small garden went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.371+00', false, '[]'),
	('01a20977-d694-72eb-8520-841d9dd9ba45', '01a20977-c194-71e8-afaa-8432bf3eb038', 'The choir deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.388+00', false, '[]'),
	('01a20977-d6a4-7628-a6c8-57544981b6b3', '01a20977-c194-71e8-afaa-8432bf3eb038', 'A very small garden taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.404+00', false, '[]'),
	('01a20977-d6a9-75c0-9260-b54d59e47c6a', '01a20977-c194-71e8-afaa-8432bf3eb038', 'The night train needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.409+00', false, '[]'),
	('01a20977-d6c3-73e5-8074-8f819d0ff087', '01a20977-c219-745b-8739-8532e2781ca6', 'A very small garden is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.435+00', false, '[]'),
	('01a20977-d6d0-71d2-8c67-772651621541', '01a20977-c219-745b-8739-8532e2781ca6', 'The night train deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.448+00', false, '[]'),
	('01a20977-d6f0-77a1-acf2-43f4a4f0c4fe', '01a20977-c263-70d6-be9b-c0fa05aecfec', 'The night train was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.48+00', false, '[]'),
	('01a20977-d6f8-763a-afc7-3fd7fc5494b1', '01a20977-c263-70d6-be9b-c0fa05aecfec', 'The sourdough is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.488+00', false, '[]'),
	('01a20977-d71b-7401-bc80-7697e36523e6', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', 'The sourdough surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.523+00', false, '[]'),
	('01a20977-d725-7329-a44a-9fd184a9bd6b', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', 'Our cat was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.533+00', false, '[]'),
	('01a20977-d73f-731f-923e-6d110c74bdb1', '01a20977-c340-749e-9071-613c5bdbd6ee', 'Our cat looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.559+00', false, '[]'),
	('01a20977-d761-701d-b742-20a03880fc88', '01a20977-c340-749e-9071-613c5bdbd6ee', 'That mountain path surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.593+00', false, '[]'),
	('01a20977-d774-7250-9e17-6a6a415e2e24', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', 'That mountain path went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.612+00', false, '[]'),
	('01a20977-d77e-73e8-becb-eb36762e39f0', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', 'The old bicycle looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.622+00', false, '[]'),
	('01a20977-d795-72a1-a2cc-124f4ff92a30', '01a20977-c407-76d7-a072-191ace4db394', 'The old bicycle needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.645+00', false, '[]'),
	('01a20977-d7c5-7024-9f9d-b0520949957e', '01a20977-c407-76d7-a072-191ace4db394', 'My first kernel patch went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.693+00', false, '[]'),
	('01a20977-d7d6-75b6-acc2-abc50f221211', '01a20977-c457-73ad-89e0-ce6ee38488e5', 'My first kernel patch taught me something.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.71+00', false, '[]'),
	('01a20977-d899-7795-8380-cd7bc773ec2c', '01a20977-c05c-77f4-b242-2b369536ed9c', 'The sea, before anybody was up.', 'IMAGE', 'PUBLIC', '{demo}', 2, '2026-11-23 17:32:59.098+00', false, '[{"id": "01a20977-d878-7776-82e1-3a80444401c2", "alt": "A low sun over a calm sea, under a pink sky", "url": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L;Nu3Ls:afs:}@oLfQoLIpaykBbG", "mime_type": "image/png", "size_bytes": 3721, "thumbnails": {"large": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/large", "small": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/small", "medium": "/v1/media/01a20977-d878-7776-82e1-3a80444401c2/thumbnail/medium"}, "duration_seconds": null}]'),
	('01a20977-d7f6-7283-b09d-f9393626211c', '01a20977-c4e5-74a0-b38c-84cb396d3e69', 'A very small garden is finally finished.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.742+00', false, '[]'),
	('01a20977-d82f-7517-b948-72bff7e3af60', '01a20977-c637-72d7-bbea-e98169adf13c', 'That mountain path went wrong again.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.799+00', false, '[]'),
	('01a20977-d7fd-7591-b979-31131462fe48', '01a20977-c545-7485-990e-98584b148877', 'The night train was worth the wait.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.749+00', false, '[]'),
	('01a20977-d7e3-71db-b38f-4fbaeefbadf3', '01a20977-c49e-7440-a27b-1a11ce3a3316', 'The choir deserves a picture, but words must do.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.723+00', false, '[]'),
	('01a20977-d9e0-7704-b6a4-23a1bc90d20c', '01a20977-c340-749e-9071-613c5bdbd6ee', 'The same sea, at lunch.', 'IMAGE', 'PUBLIC', '{demo}', 2, '2026-11-23 17:32:59.379+00', false, '[{"id": "01a20977-d9c7-70be-b1fa-8dd51e8e9a5c", "alt": "A high sun over a calm sea, under a blue sky", "url": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "L,C[X|kDR.kD%%j]R.bIV=f6WXay", "mime_type": "image/png", "size_bytes": 3782, "thumbnails": {"large": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/large", "small": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/small", "medium": "/v1/media/01a20977-d9c7-70be-b1fa-8dd51e8e9a5c/thumbnail/medium"}, "duration_seconds": null}]'),
	('01a20977-d806-7782-870a-44ad28d4d7a6', '01a20977-c5a3-702c-951e-15c99195b0f6', 'The sourdough surprised everyone today.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.758+00', false, '[]'),
	('01a20977-d822-708f-9bd1-50f9ee0b82f8', '01a20977-c5f0-71d8-b46d-1302625827ae', 'Our cat looks better in the morning.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.786+00', false, '[]'),
	('01a20977-d83c-7260-8da9-e59a2ee47fc9', '01a20977-c67e-7329-a365-8c81f38a83b6', 'The old bicycle needs more patience than I have.', 'TEXT', 'PUBLIC', '{demo}', 1, '2026-11-23 17:32:58.812+00', false, '[]'),
	('01a20977-db15-771f-aece-58bd58cb17b6', '01a20977-c5f0-71d8-b46d-1302625827ae', 'And the last of the light.', 'IMAGE', 'PUBLIC', '{demo}', 2, '2026-11-23 17:32:59.693+00', false, '[{"id": "01a20977-dafd-7394-a4f6-8a32402f0032", "alt": "Half a sun behind a calm sea, under a violet sky", "url": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/content", "type": "IMAGE", "width": 480, "height": 320, "blurhash": "LHBe;CogM}o4=*j]oeoME1ayxsj?", "mime_type": "image/png", "size_bytes": 3481, "thumbnails": {"large": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/large", "small": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/small", "medium": "/v1/media/01a20977-dafd-7394-a4f6-8a32402f0032/thumbnail/medium"}, "duration_seconds": null}]');


--
-- Data for Name: pulled_posts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: readers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.readers VALUES
	('01a20977-bea4-71ee-8397-efe0167cd256', '2026-11-23 17:32:59.153236+00', 0);


--
-- Data for Name: timeline_epoch; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.timeline_epoch VALUES
	(true, 1, '6cc9e8f3a05ba1e7985d4f38c60ecd334310d55b');


--
-- Name: dead_letter_audit_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dead_letter_audit_id_seq', 1, false);


--
-- Name: dead_letters_number_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.dead_letters_number_seq', 1, false);


--
-- Name: fanouts_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.fanouts_id_seq', 61, true);


--
-- Name: outbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.outbox_id_seq', 174, true);


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: authors authors_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.authors
    ADD CONSTRAINT authors_pkey PRIMARY KEY (id);


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
-- Name: fanouts fanouts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.fanouts
    ADD CONSTRAINT fanouts_pkey PRIMARY KEY (id);


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
-- Name: pulled_posts pulled_posts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.pulled_posts
    ADD CONSTRAINT pulled_posts_pkey PRIMARY KEY (author_id, post_id);


--
-- Name: readers readers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.readers
    ADD CONSTRAINT readers_pkey PRIMARY KEY (user_id);


--
-- Name: timeline_epoch timeline_epoch_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.timeline_epoch
    ADD CONSTRAINT timeline_epoch_pkey PRIMARY KEY (only_row);


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
-- Name: fanouts_to_push; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX fanouts_to_push ON public.fanouts USING btree (due) WHERE (kind = 'PUSH'::text);


--
-- Name: fanouts_to_tell; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX fanouts_to_tell ON public.fanouts USING btree (author_id, id) WHERE (kind <> 'PUSH'::text);


--
-- Name: follows_not_shown_by_followee; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follows_not_shown_by_followee ON public.follows USING btree (followee_id) WHERE (NOT shown);


--
-- Name: follows_shown_by_followee; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follows_shown_by_followee ON public.follows USING btree (followee_id, follower_id) WHERE shown;


--
-- Name: follows_shown_by_follower; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follows_shown_by_follower ON public.follows USING btree (follower_id, followee_id) WHERE shown;


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

CREATE INDEX posts_by_author ON public.posts USING btree (author_id, id DESC) WHERE (NOT deleted);


--
-- Name: posts_for_followers; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX posts_for_followers ON public.posts USING btree (author_id, id DESC) WHERE ((NOT deleted) AND (visibility <> 'PRIVATE'::text));


--
-- Name: readers_by_activity; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX readers_by_activity ON public.readers USING btree (user_id) INCLUDE (read_at);


--
-- PostgreSQL database dump complete
--


