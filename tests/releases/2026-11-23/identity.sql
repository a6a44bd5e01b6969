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
-- Name: blocks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.blocks (
    user_id uuid NOT NULL,
    other_id uuid NOT NULL,
    active boolean NOT NULL,
    revision bigint NOT NULL,
    since timestamp with time zone NOT NULL
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
-- Name: export_parts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.export_parts (
    export_id uuid NOT NULL,
    service text NOT NULL,
    number integer NOT NULL,
    user_id uuid NOT NULL,
    last boolean NOT NULL,
    content bytea NOT NULL
);
ALTER TABLE ONLY public.export_parts ALTER COLUMN content SET STORAGE EXTERNAL;


--
-- Name: exports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.exports (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    ready_at timestamp with time zone
);


--
-- Name: follow_requests; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.follow_requests (
    requester_id uuid NOT NULL,
    target_id uuid NOT NULL,
    since timestamp with time zone NOT NULL
);


--
-- Name: follows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.follows (
    follower_id uuid NOT NULL,
    followee_id uuid NOT NULL,
    active boolean NOT NULL,
    revision bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL
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
-- Name: mail_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.mail_tokens (
    event_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    address text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT mail_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['verify_email'::text, 'reset_password'::text])))
);


--
-- Name: mutes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.mutes (
    user_id uuid NOT NULL,
    other_id uuid NOT NULL,
    active boolean NOT NULL,
    revision bigint NOT NULL,
    since timestamp with time zone NOT NULL
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
-- Name: refresh_tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refresh_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);


--
-- Name: retired_usernames; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.retired_usernames (
    hash bytea NOT NULL,
    user_id uuid,
    free_at timestamp with time zone DEFAULT (now() + '90 days'::interval) NOT NULL
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    mark_hash bytea,
    last_used_at timestamp with time zone,
    address text,
    user_agent text
);


--
-- Name: unlocks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.unlocks (
    user_id uuid NOT NULL
);


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id uuid NOT NULL,
    username text NOT NULL COLLATE pg_catalog."C",
    email text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL,
    display_name text NOT NULL,
    avatar_url text,
    revision bigint NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email_verified_at timestamp with time zone,
    locked boolean DEFAULT false NOT NULL,
    gone_since timestamp with time zone,
    kept_until timestamp with time zone,
    erased boolean DEFAULT false NOT NULL,
    state_revision bigint DEFAULT 0 NOT NULL,
    avatar_id uuid
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
	(1, 'event bus', '2026-11-23 17:32:49.084375+00', true, '\x4c394f08e4ed74f1dbdb96ce1c301691ea9460732858bf172132acc6b6c169479f0f353a48c82d4be601aa355777dd46', 21779746),
	(2, 'users', '2026-11-23 17:32:49.107134+00', true, '\xa677941d474636fe85cc0505438c567762668caba73994e9daa62fbb7e02386afd0de6150a2d18114056785e93bdd4f6', 7846132),
	(3, 'sessions', '2026-11-23 17:32:49.115871+00', true, '\xd0c2b857333d89aaa1c91ac2f6a0c9e6e85887c9295ea650901b1216e0f30f960d1facfac1f9f65ea50c76535a1c4650', 8343959),
	(4, 'follows', '2026-11-23 17:32:49.124971+00', true, '\x4cace1db8cf4fb2ac35356716bab075e386666b56e794ab4ae3e8fc8ce925b9a78fcb3cf8c6bdd5b07afd9d72976807c', 6779230),
	(5, 'event bus 2', '2026-11-23 17:32:49.132397+00', true, '\x04d2192ccbd43127c1562412b9b4fc8c5633d09b90061648d23302b62e3fff615af48b8fbc2998e1f1441320b39e06a7', 23706228),
	(6, 'sessions seen', '2026-11-23 17:32:49.157202+00', true, '\x0258b61a09781d7e52a90b3f8c2947d7f70063993839146e067a40ec754adf5dd93ee33669fff04c26fdc3d0fb9232de', 2739338),
	(7, 'mail tokens', '2026-11-23 17:32:49.160312+00', true, '\x04e83154a7e7e52a891437452ce482b71c9c87c4593da2c3ba95c615ca672714593ab591d480587705c5b8f4d26beabc', 6372958),
	(8, 'relations', '2026-11-23 17:32:49.167514+00', true, '\x791e706cf7d1c5cd581d677d73060c6687a3f10e2dd03d2b392f669c7077ceace3ec7000e4943c033dcc1c0fa6bd057d', 11346533),
	(9, 'deletion', '2026-11-23 17:32:49.179343+00', true, '\x5bb9fa88f42f5aa4fcc56a87007db1f96f2ff90a6061c146df0fcfed4814ff6c7d47e6efa02c6eb6ef525ac199ea07da', 6799528),
	(10, 'exports', '2026-11-23 17:32:49.18649+00', true, '\x3b2aefb5541ac10387a83bb48670d1f06efbeb5cba429a363ab4633f6717b9839e362231d57269ed9f966c148317e491', 7654427),
	(11, 'freed usernames', '2026-11-23 17:32:49.194948+00', true, '\x9195f00b5750aa3f6ebb0d8756afdfb0384a023d0b25b697997e491540e3dbf69d0db3a4751ae24b5dd75af51215d3f7', 4572403),
	(12, 'avatars', '2026-11-23 17:32:49.200451+00', true, '\x88374a38eaec2adcad38d6f2c0c98d07fed6ab5a3f0c11315bef54fafb29116cbd3f94986d6fbaddd4bc6f24ddd0799a', 944389);


--
-- Data for Name: blocks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.blocks VALUES
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, '2026-11-23 17:32:57.741+00');


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
-- Data for Name: export_parts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: exports; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: follow_requests; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.follow_requests VALUES
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c67e-7329-a365-8c81f38a83b6', '2026-11-23 17:32:57.726+00');


--
-- Data for Name: follows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.follows VALUES
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:54.286+00', '2026-11-23 17:32:54.286+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:54.341+00', '2026-11-23 17:32:54.341+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, '2026-11-23 17:32:54.364+00', '2026-11-23 17:32:54.364+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, '2026-11-23 17:32:54.39+00', '2026-11-23 17:32:54.39+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, '2026-11-23 17:32:54.441+00', '2026-11-23 17:32:54.441+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, '2026-11-23 17:32:54.515+00', '2026-11-23 17:32:54.515+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, '2026-11-23 17:32:54.62+00', '2026-11-23 17:32:54.62+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, '2026-11-23 17:32:54.64+00', '2026-11-23 17:32:54.64+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, '2026-11-23 17:32:54.682+00', '2026-11-23 17:32:54.682+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, '2026-11-23 17:32:54.708+00', '2026-11-23 17:32:54.708+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c407-76d7-a072-191ace4db394', true, 1, '2026-11-23 17:32:54.742+00', '2026-11-23 17:32:54.742+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, '2026-11-23 17:32:54.808+00', '2026-11-23 17:32:54.808+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, '2026-11-23 17:32:54.839+00', '2026-11-23 17:32:54.839+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, '2026-11-23 17:32:54.848+00', '2026-11-23 17:32:54.848+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c545-7485-990e-98584b148877', true, 1, '2026-11-23 17:32:54.909+00', '2026-11-23 17:32:54.909+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, '2026-11-23 17:32:54.945+00', '2026-11-23 17:32:54.945+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, '2026-11-23 17:32:55.006+00', '2026-11-23 17:32:55.006+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, '2026-11-23 17:32:55.03+00', '2026-11-23 17:32:55.03+00'),
	('01a20977-bea4-71ee-8397-efe0167cd256', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, '2026-11-23 17:32:55.074+00', '2026-11-23 17:32:55.074+00'),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:55.124+00', '2026-11-23 17:32:55.124+00'),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:55.158+00', '2026-11-23 17:32:55.158+00'),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, '2026-11-23 17:32:55.193+00', '2026-11-23 17:32:55.193+00'),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, '2026-11-23 17:32:55.223+00', '2026-11-23 17:32:55.223+00'),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:55.254+00', '2026-11-23 17:32:55.254+00'),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:55.261+00', '2026-11-23 17:32:55.261+00'),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, '2026-11-23 17:32:55.268+00', '2026-11-23 17:32:55.268+00'),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, '2026-11-23 17:32:55.28+00', '2026-11-23 17:32:55.28+00'),
	('01a20977-c05c-77f4-b242-2b369536ed9c', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, '2026-11-23 17:32:55.289+00', '2026-11-23 17:32:55.289+00'),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:55.303+00', '2026-11-23 17:32:55.303+00'),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, '2026-11-23 17:32:55.355+00', '2026-11-23 17:32:55.355+00'),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, '2026-11-23 17:32:55.42+00', '2026-11-23 17:32:55.42+00'),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, '2026-11-23 17:32:55.459+00', '2026-11-23 17:32:55.459+00'),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:55.478+00', '2026-11-23 17:32:55.478+00'),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:55.509+00', '2026-11-23 17:32:55.509+00'),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:55.567+00', '2026-11-23 17:32:55.567+00'),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, '2026-11-23 17:32:55.61+00', '2026-11-23 17:32:55.61+00'),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, '2026-11-23 17:32:55.639+00', '2026-11-23 17:32:55.639+00'),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c545-7485-990e-98584b148877', true, 1, '2026-11-23 17:32:55.65+00', '2026-11-23 17:32:55.65+00'),
	('01a20977-c13c-76cf-a4ba-959aa3774596', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, '2026-11-23 17:32:55.671+00', '2026-11-23 17:32:55.671+00'),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:55.719+00', '2026-11-23 17:32:55.719+00'),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:55.747+00', '2026-11-23 17:32:55.747+00'),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:55.77+00', '2026-11-23 17:32:55.77+00'),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, '2026-11-23 17:32:55.785+00', '2026-11-23 17:32:55.785+00'),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, '2026-11-23 17:32:55.812+00', '2026-11-23 17:32:55.812+00'),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, '2026-11-23 17:32:55.846+00', '2026-11-23 17:32:55.846+00'),
	('01a20977-c194-71e8-afaa-8432bf3eb038', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, '2026-11-23 17:32:55.902+00', '2026-11-23 17:32:55.902+00'),
	('01a20977-c219-745b-8739-8532e2781ca6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:55.966+00', '2026-11-23 17:32:55.966+00'),
	('01a20977-c219-745b-8739-8532e2781ca6', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, '2026-11-23 17:32:55.997+00', '2026-11-23 17:32:55.997+00'),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.035+00', '2026-11-23 17:32:56.035+00'),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:56.061+00', '2026-11-23 17:32:56.061+00'),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, '2026-11-23 17:32:56.098+00', '2026-11-23 17:32:56.098+00'),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, '2026-11-23 17:32:56.127+00', '2026-11-23 17:32:56.127+00'),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.176+00', '2026-11-23 17:32:56.176+00'),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:56.203+00', '2026-11-23 17:32:56.203+00'),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:56.236+00', '2026-11-23 17:32:56.236+00'),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, '2026-11-23 17:32:56.285+00', '2026-11-23 17:32:56.285+00'),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, '2026-11-23 17:32:56.302+00', '2026-11-23 17:32:56.302+00'),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.312+00', '2026-11-23 17:32:56.312+00'),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:56.37+00', '2026-11-23 17:32:56.37+00'),
	('01a20977-c340-749e-9071-613c5bdbd6ee', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, '2026-11-23 17:32:56.376+00', '2026-11-23 17:32:56.376+00'),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.383+00', '2026-11-23 17:32:56.383+00'),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:56.405+00', '2026-11-23 17:32:56.405+00'),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, '2026-11-23 17:32:56.515+00', '2026-11-23 17:32:56.515+00'),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', '01a20977-c5f0-71d8-b46d-1302625827ae', true, 1, '2026-11-23 17:32:56.525+00', '2026-11-23 17:32:56.525+00'),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.54+00', '2026-11-23 17:32:56.54+00'),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:56.561+00', '2026-11-23 17:32:56.561+00'),
	('01a20977-c407-76d7-a072-191ace4db394', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, '2026-11-23 17:32:56.602+00', '2026-11-23 17:32:56.602+00'),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.623+00', '2026-11-23 17:32:56.623+00'),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:56.639+00', '2026-11-23 17:32:56.639+00'),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c194-71e8-afaa-8432bf3eb038', true, 1, '2026-11-23 17:32:56.654+00', '2026-11-23 17:32:56.654+00'),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c263-70d6-be9b-c0fa05aecfec', true, 1, '2026-11-23 17:32:56.72+00', '2026-11-23 17:32:56.72+00'),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c49e-7440-a27b-1a11ce3a3316', true, 1, '2026-11-23 17:32:56.761+00', '2026-11-23 17:32:56.761+00'),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, '2026-11-23 17:32:56.801+00', '2026-11-23 17:32:56.801+00'),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.81+00', '2026-11-23 17:32:56.81+00'),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:56.851+00', '2026-11-23 17:32:56.851+00'),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:56.862+00', '2026-11-23 17:32:56.862+00'),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', true, 1, '2026-11-23 17:32:56.879+00', '2026-11-23 17:32:56.879+00'),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c4e5-74a0-b38c-84cb396d3e69', true, 1, '2026-11-23 17:32:56.902+00', '2026-11-23 17:32:56.902+00'),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', '01a20977-c637-72d7-bbea-e98169adf13c', true, 1, '2026-11-23 17:32:56.915+00', '2026-11-23 17:32:56.915+00'),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:56.929+00', '2026-11-23 17:32:56.929+00'),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:56.955+00', '2026-11-23 17:32:56.955+00'),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, '2026-11-23 17:32:56.974+00', '2026-11-23 17:32:56.974+00'),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, '2026-11-23 17:32:57.01+00', '2026-11-23 17:32:57.01+00'),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', '01a20977-c340-749e-9071-613c5bdbd6ee', true, 1, '2026-11-23 17:32:57.03+00', '2026-11-23 17:32:57.03+00'),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:57.068+00', '2026-11-23 17:32:57.068+00'),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:57.082+00', '2026-11-23 17:32:57.082+00'),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, '2026-11-23 17:32:57.117+00', '2026-11-23 17:32:57.117+00'),
	('01a20977-c545-7485-990e-98584b148877', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, '2026-11-23 17:32:57.146+00', '2026-11-23 17:32:57.146+00'),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:57.163+00', '2026-11-23 17:32:57.163+00'),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:57.396+00', '2026-11-23 17:32:57.396+00'),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, '2026-11-23 17:32:57.595+00', '2026-11-23 17:32:57.595+00'),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:57.182+00', '2026-11-23 17:32:57.182+00'),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:57.405+00', '2026-11-23 17:32:57.405+00'),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:57.207+00', '2026-11-23 17:32:57.207+00'),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, '2026-11-23 17:32:57.417+00', '2026-11-23 17:32:57.417+00'),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', true, 1, '2026-11-23 17:32:57.647+00', '2026-11-23 17:32:57.647+00'),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c13c-76cf-a4ba-959aa3774596', true, 1, '2026-11-23 17:32:57.237+00', '2026-11-23 17:32:57.237+00'),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c219-745b-8739-8532e2781ca6', true, 1, '2026-11-23 17:32:57.626+00', '2026-11-23 17:32:57.626+00'),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c407-76d7-a072-191ace4db394', true, 1, '2026-11-23 17:32:57.244+00', '2026-11-23 17:32:57.244+00'),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c407-76d7-a072-191ace4db394', true, 1, '2026-11-23 17:32:57.427+00', '2026-11-23 17:32:57.427+00');
INSERT INTO public.follows VALUES
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c457-73ad-89e0-ce6ee38488e5', true, 1, '2026-11-23 17:32:57.254+00', '2026-11-23 17:32:57.254+00'),
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c545-7485-990e-98584b148877', true, 1, '2026-11-23 17:32:57.443+00', '2026-11-23 17:32:57.443+00'),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c545-7485-990e-98584b148877', true, 1, '2026-11-23 17:32:57.282+00', '2026-11-23 17:32:57.282+00'),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:57.506+00', '2026-11-23 17:32:57.506+00'),
	('01a20977-c5a3-702c-951e-15c99195b0f6', '01a20977-c67e-7329-a365-8c81f38a83b6', true, 1, '2026-11-23 17:32:57.338+00', '2026-11-23 17:32:57.338+00'),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-bea4-71ee-8397-efe0167cd256', true, 1, '2026-11-23 17:32:57.364+00', '2026-11-23 17:32:57.364+00'),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c05c-77f4-b242-2b369536ed9c', true, 1, '2026-11-23 17:32:57.518+00', '2026-11-23 17:32:57.518+00'),
	('01a20977-c5f0-71d8-b46d-1302625827ae', '01a20977-bfb7-7140-b026-2d5b25aec24f', true, 1, '2026-11-23 17:32:57.378+00', '2026-11-23 17:32:57.378+00'),
	('01a20977-c67e-7329-a365-8c81f38a83b6', '01a20977-c0d4-7200-b5bf-bf59532d072e', true, 1, '2026-11-23 17:32:57.573+00', '2026-11-23 17:32:57.573+00');


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
	('identity', '01a20977-d942-7044-8547-646e89609e48', '2026-11-23 17:32:59.092403+00'),
	('identity', '01a20977-da50-76fc-89ea-9509239e286f', '2026-11-23 17:32:59.366168+00'),
	('identity', '01a20977-db9d-770b-b309-d2dba78b5e63', '2026-11-23 17:32:59.693245+00');


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
-- Data for Name: mail_tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.mail_tokens VALUES
	('01a20977-bec8-7750-9b10-4961bf2684d5', '\x916c182fed95f6d0ac927ab37487d1fae72eef7a0b9a4d41a7eba85a142744aa', '01a20977-bea4-71ee-8397-efe0167cd256', 'verify_email', 'demo_ada@example.com', '2026-11-23 18:32:52.626916+00', '2026-11-23 17:32:52.651874+00', NULL),
	('01a20977-bfe3-70c2-9b96-15833aeaccdb', '\x3f38ba520d6d6c5d521f496326e087616bfa2af8e1c42dd16490d259a34d0506', '01a20977-bfb7-7140-b026-2d5b25aec24f', 'verify_email', 'demo_bela@example.com', '2026-11-23 18:32:52.634822+00', '2026-11-23 17:32:52.670407+00', NULL),
	('01a20977-c063-7193-9c98-791f590af98d', '\x5019fe58881b274a418f4eee364fb5f36be4aa667d15d315381406f719e34cb2', '01a20977-c05c-77f4-b242-2b369536ed9c', 'verify_email', 'demo_carla@example.com', '2026-11-23 18:32:52.776938+00', '2026-11-23 17:32:52.798284+00', NULL),
	('01a20977-c0d8-72fa-b748-6732d1419673', '\x7e3018dd07aea4d30a91f81563b4ec575b8ec41df2c949c4b58ab365ca32c1b2', '01a20977-c0d4-7200-b5bf-bf59532d072e', 'verify_email', 'demo_dario@example.com', '2026-11-23 18:32:52.880812+00', '2026-11-23 17:32:52.922652+00', NULL),
	('01a20977-c141-726d-ac81-1349d469b2c8', '\xf1a6df920c63efa19163e763e49177c14fbc4343b458f65d280c8e34c7c845ca', '01a20977-c13c-76cf-a4ba-959aa3774596', 'verify_email', 'demo_emre@example.com', '2026-11-23 18:32:52.961625+00', '2026-11-23 17:32:52.991256+00', NULL),
	('01a20977-c198-757e-900c-671f1edac34a', '\x632e1f307d65191191974eae854c5cfc037c993bbe9055c9560e5d0d956e83ea', '01a20977-c194-71e8-afaa-8432bf3eb038', 'verify_email', 'demo_fatima@example.com', '2026-11-23 18:32:53.081777+00', '2026-11-23 17:32:53.115787+00', NULL),
	('01a20977-c21b-7712-bfdb-6370f72ac536', '\x29bfdba8d6ddc1946bc90160e878bcc428bf2d99e3d4854566bdc02a77d867d1', '01a20977-c219-745b-8739-8532e2781ca6', 'verify_email', 'demo_goran@example.com', '2026-11-23 18:32:53.18795+00', '2026-11-23 17:32:53.202005+00', NULL),
	('01a20977-c267-7112-821c-d93cdeb2e22a', '\x594597054cd7ee6c81feef6ea703381dfe2d3d0ef91dd28cbbb36be09d989a7f', '01a20977-c263-70d6-be9b-c0fa05aecfec', 'verify_email', 'demo_hana@example.com', '2026-11-23 18:32:53.262007+00', '2026-11-23 17:32:53.30694+00', NULL),
	('01a20977-c2d0-7449-8151-a64ae296c8ee', '\x0569373b1678222c7defdb1656790feeec7f1084896578a932c034d07feaa6de', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', 'verify_email', 'demo_ivo@example.com', '2026-11-23 18:32:53.357954+00', '2026-11-23 17:32:53.391867+00', NULL),
	('01a20977-c343-755f-8161-d03f861bc54a', '\x9289056aa07c41260a81a6c06e574c736291e884749acec4c43e67116c2b26c7', '01a20977-c340-749e-9071-613c5bdbd6ee', 'verify_email', 'demo_jun@example.com', '2026-11-23 18:32:53.49115+00', '2026-11-23 17:32:53.503608+00', NULL),
	('01a20977-c3b9-72db-b924-2104ad2ff768', '\xabf43536955f3f43e6e3e2ad7f91781869c0c8eb3c5936df4330494127748c35', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', 'verify_email', 'demo_kira@example.com', '2026-11-23 18:32:53.608068+00', '2026-11-23 17:32:53.64297+00', NULL),
	('01a20977-c40e-71f4-bb78-231eb2df6ee3', '\x40a7ddbe94f122adcd156eeeac3ac529c3c407a1ef7c220bb64db24648fd7e65', '01a20977-c407-76d7-a072-191ace4db394', 'verify_email', 'demo_luca@example.com', '2026-11-23 18:32:53.679967+00', '2026-11-23 17:32:53.695628+00', NULL),
	('01a20977-c45c-73a9-8180-8cf2537510ae', '\xf3ed681a74634564966ecbd1271903c757039cb760f00e6bc13c0fa340644311', '01a20977-c457-73ad-89e0-ce6ee38488e5', 'verify_email', 'demo_mei@example.com', '2026-11-23 18:32:53.747699+00', '2026-11-23 17:32:53.757108+00', NULL),
	('01a20977-c49f-7343-858d-08cdfa720764', '\xf936d11ea5e99652baf973f2421364c0d05a888bf27fbcc3fe380b6fd2887034', '01a20977-c49e-7440-a27b-1a11ce3a3316', 'verify_email', 'demo_noor@example.com', '2026-11-23 18:32:53.813162+00', '2026-11-23 17:32:53.816903+00', NULL),
	('01a20977-c4e8-7316-a576-8efeb21f73e0', '\xd8bd4e8eb02466caa8f25172a842e275ce3b7d74f5624e3aa1774eb6d950381a', '01a20977-c4e5-74a0-b38c-84cb396d3e69', 'verify_email', 'demo_otto@example.com', '2026-11-23 18:32:53.894362+00', '2026-11-23 17:32:53.912392+00', NULL),
	('01a20977-c548-76a3-af07-1bfec8cdb0b8', '\x0422f1abb3842600b44915968a304043b22564fe9ce1c6a5c007d7f2baef72ac', '01a20977-c545-7485-990e-98584b148877', 'verify_email', 'demo_pia@example.com', '2026-11-23 18:32:54.007738+00', '2026-11-23 17:32:54.02778+00', NULL),
	('01a20977-c5a5-75d7-b84c-86dad170cdf1', '\xa3ce501cfd6ff2863fb15e34fe86b450c617f5b244b0dc15f52f5b9f3b4ed0f1', '01a20977-c5a3-702c-951e-15c99195b0f6', 'verify_email', 'demo_quentin@example.com', '2026-11-23 18:32:54.078073+00', '2026-11-23 17:32:54.099231+00', NULL),
	('01a20977-c5f2-7223-8990-eb15ffb312a9', '\x1ec9f0e561193942b08be910a11cb477ccdb694ce0affdad7c81cf1f196b1ef1', '01a20977-c5f0-71d8-b46d-1302625827ae', 'verify_email', 'demo_rosa@example.com', '2026-11-23 18:32:54.160051+00', '2026-11-23 17:32:54.170374+00', NULL),
	('01a20977-c63a-7268-88fd-5d5b5426f34e', '\xf206d1d865603d514937922b2f9b9a83bae34dca110013fd919f18684e70d01c', '01a20977-c637-72d7-bbea-e98169adf13c', 'verify_email', 'demo_sami@example.com', '2026-11-23 18:32:54.227636+00', '2026-11-23 17:32:54.235302+00', NULL),
	('01a20977-c67f-719e-91a4-4c9d6b4b027f', '\x1af9bc473eaa73fac9199a4bb12f6f1f00bed550ebe7836e940c46c8d822d776', '01a20977-c67e-7329-a365-8c81f38a83b6', 'verify_email', 'demo_tove@example.com', '2026-11-23 18:32:54.299475+00', '2026-11-23 17:32:54.310448+00', NULL);


--
-- Data for Name: mutes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: parked_sequences; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: refresh_tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.refresh_tokens VALUES
	('\x1d44188e35bfface2a4f146dfee0b222a6eab876673e21c228c6c864d83b97e0', '01a20977-beca-717e-8b5a-4e7d23a3693e', '2026-12-23 17:32:52.298546+00', NULL),
	('\x535829946010c1c21d2a701c6ed8f1bf721a361b64e11b1e01e59f4d5762a52b', '01a20977-bfe4-770c-b702-98a5e2520264', '2026-12-23 17:32:52.580211+00', NULL),
	('\x4a3b20b5774fd8d8305da04ff0d0842b5186a16a3d0076150e344691bae42c68', '01a20977-c063-7193-9c98-792023a91862', '2026-12-23 17:32:52.707884+00', NULL),
	('\x9b504bf07049590fc89b8527057f3f1bb7aa71d84c2218c4ce7479356d93d9b6', '01a20977-c0d8-72fa-b748-673363ba3d7a', '2026-12-23 17:32:52.824848+00', NULL),
	('\xa9c7fda61ff432255bd630760ea2e53e1fc0108a58611154576c9259bc2ea128', '01a20977-c142-75ea-8b94-437e9af74d78', '2026-12-23 17:32:52.930126+00', NULL),
	('\xd2c03cd6f8c920f7090e644bcb0faa5dfcd9dac2bb1ffc0142afb42a22fe9f99', '01a20977-c198-757e-900c-6720bd65701a', '2026-12-23 17:32:53.016988+00', NULL),
	('\xc303329a9e628d2c4483f6dd9b541020dae736437e9096d6d918b934f17cd746', '01a20977-c21b-7712-bfdb-6371557a0bb9', '2026-12-23 17:32:53.147603+00', NULL),
	('\xcafec8bab5a1635de1f2f1430991bea1c4aa706f00012dfb51fac2e478542cda', '01a20977-c267-7112-821c-d93d5a8da842', '2026-12-23 17:32:53.223778+00', NULL),
	('\xae30c47f7947036feb1ab06872d2b899ed38908baf6ab6661b74ce592f2b8a0b', '01a20977-c2d1-746c-97b8-51f8a5dcd35d', '2026-12-23 17:32:53.32916+00', NULL),
	('\x49a2b49ee8ce8d9036904c244b3ccf6793c2b522ddd4eedd7c0c303212097f48', '01a20977-c344-7017-a026-c8412a2552b5', '2026-12-23 17:32:53.44423+00', NULL),
	('\x3232b1ef3f62ac006aa57b3b5fb661aa288bf10201b3e57803b87c976c03e936', '01a20977-c3b9-72db-b924-2105cba2d612', '2026-12-23 17:32:53.561584+00', NULL),
	('\xbf20be82123edb0c2620a3cf09e985c8d6e86f333eabe66284903fb1d06150b6', '01a20977-c40f-742a-aac5-1d6bcff2354d', '2026-12-23 17:32:53.647503+00', NULL),
	('\x25b5d6a1b5fb8b8f9be5c9ee6c7195b3bb0935ddc15fddb2b047780e4d93a1d5', '01a20977-c45c-73a9-8180-8cf32277716b', '2026-12-23 17:32:53.724513+00', NULL),
	('\x04cb25fbc6394fc37e67cb2ba515d72215e204429e57463d3ba38aeee6257302', '01a20977-c49f-7343-858d-08ce226300b0', '2026-12-23 17:32:53.791904+00', NULL),
	('\x462c1792788b3bdea0d8a5e5cc63cd1cec9de9a9e5d8429e8bf647ddd768fbc6', '01a20977-c4e8-7316-a576-8eff7927a9c2', '2026-12-23 17:32:53.86438+00', NULL),
	('\x0603720a5b99c68a59005888db20fe62ac00a2dc493c62648a2756b32af15b9d', '01a20977-c54f-7050-be6b-daa9ad3ec9e2', '2026-12-23 17:32:53.967442+00', NULL),
	('\x627bac9e0fedae141f6ec4879f4c4ca7c3999101370b6657c72542bb4b544059', '01a20977-c5a5-75d7-b84c-86dbbcfdf64c', '2026-12-23 17:32:54.053724+00', NULL),
	('\x3b00853944a0491d8a0f00aafcbe0113a9c0895dde3d9c533446402a1c704da7', '01a20977-c5f2-7223-8990-eb16b528e519', '2026-12-23 17:32:54.130801+00', NULL),
	('\xbe016fe7831f949a59882999ac46ffb169397a11135bf2fa8090e317b7729882', '01a20977-c63b-752d-b38d-aa65f2011e33', '2026-12-23 17:32:54.203002+00', NULL),
	('\xf769e8b003db85902df10a4384c3c1dd74141a28389bc8ca43e77f785572818a', '01a20977-c680-7109-ab9d-00380dc83fdf', '2026-12-23 17:32:54.272365+00', NULL);


--
-- Data for Name: retired_usernames; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sessions VALUES
	('01a20977-beca-717e-8b5a-4e7d23a3693e', '01a20977-bea4-71ee-8397-efe0167cd256', '2026-12-23 17:32:52.298546+00', '\xa36903a146f556559e455ead4e9e4ab691a18af877edaa381e99764f50ba351c', '2026-11-23 17:32:52.298+00', '127.0.0.1', NULL),
	('01a20977-bfe4-770c-b702-98a5e2520264', '01a20977-bfb7-7140-b026-2d5b25aec24f', '2026-12-23 17:32:52.580211+00', '\x2ea37a51062d36765b3d3f00e48caccc1e66602a159825a8212098c839a907ca', '2026-11-23 17:32:52.58+00', '127.0.0.1', NULL),
	('01a20977-c063-7193-9c98-792023a91862', '01a20977-c05c-77f4-b242-2b369536ed9c', '2026-12-23 17:32:52.707884+00', '\xecf2ec5d8cd322a9d16d1be700d378d81bbfc4361d81efd03494e03d1b23300b', '2026-11-23 17:32:52.707+00', '127.0.0.1', NULL),
	('01a20977-c0d8-72fa-b748-673363ba3d7a', '01a20977-c0d4-7200-b5bf-bf59532d072e', '2026-12-23 17:32:52.824848+00', '\xdd0e1a5cc9bc267124618413753792ccb129bf79607e5d350e12956c05c0e97d', '2026-11-23 17:32:52.824+00', '127.0.0.1', NULL),
	('01a20977-c142-75ea-8b94-437e9af74d78', '01a20977-c13c-76cf-a4ba-959aa3774596', '2026-12-23 17:32:52.930126+00', '\x6c9b40d5e157be8fee62f983eec9144911f3c0ad2715ffe78fa541ec3600b68f', '2026-11-23 17:32:52.93+00', '127.0.0.1', NULL),
	('01a20977-c198-757e-900c-6720bd65701a', '01a20977-c194-71e8-afaa-8432bf3eb038', '2026-12-23 17:32:53.016988+00', '\xc43cc410b148218c38d47fb067326685577cd0afcc19bd2f9072edef07ec667a', '2026-11-23 17:32:53.016+00', '127.0.0.1', NULL),
	('01a20977-c21b-7712-bfdb-6371557a0bb9', '01a20977-c219-745b-8739-8532e2781ca6', '2026-12-23 17:32:53.147603+00', '\x48fa320be3c29d60b08601dae0d1050c06cb191df63fe84b4a2daefb7c35eef4', '2026-11-23 17:32:53.147+00', '127.0.0.1', NULL),
	('01a20977-c267-7112-821c-d93d5a8da842', '01a20977-c263-70d6-be9b-c0fa05aecfec', '2026-12-23 17:32:53.223778+00', '\xff2ae85758cd0581b696c2361f2b20d7a97cba30b1272fdedd9b236c36d49efe', '2026-11-23 17:32:53.223+00', '127.0.0.1', NULL),
	('01a20977-c2d1-746c-97b8-51f8a5dcd35d', '01a20977-c2ca-778b-90d0-d6c0c7cbab51', '2026-12-23 17:32:53.32916+00', '\x8f6ef561b81e63d2ac8bc224c4bbb4445aa08bd0028ccf0e3648797ffac6aa8d', '2026-11-23 17:32:53.329+00', '127.0.0.1', NULL),
	('01a20977-c344-7017-a026-c8412a2552b5', '01a20977-c340-749e-9071-613c5bdbd6ee', '2026-12-23 17:32:53.44423+00', '\x04a6a56c17857e0721752e3151cea5076b9be73255a081c166fa7ec6edbb6cf8', '2026-11-23 17:32:53.444+00', '127.0.0.1', NULL),
	('01a20977-c3b9-72db-b924-2105cba2d612', '01a20977-c3b4-7123-8e4e-9315b6eaf11d', '2026-12-23 17:32:53.561584+00', '\x4c6367145c3b85d1e9012869b6843365f51b53faac6fe6739b6fbf1ad9f797b7', '2026-11-23 17:32:53.561+00', '127.0.0.1', NULL),
	('01a20977-c40f-742a-aac5-1d6bcff2354d', '01a20977-c407-76d7-a072-191ace4db394', '2026-12-23 17:32:53.647503+00', '\x7ba40da09bc8d1b0c4497eb243ff846be0f0a2873afb5c45e78af9a9777e58a6', '2026-11-23 17:32:53.647+00', '127.0.0.1', NULL),
	('01a20977-c45c-73a9-8180-8cf32277716b', '01a20977-c457-73ad-89e0-ce6ee38488e5', '2026-12-23 17:32:53.724513+00', '\x3b03a96e3ab4de4f0e8b779aa31f1744ea9c6f48c0b842f60c6c778dc9c991a7', '2026-11-23 17:32:53.724+00', '127.0.0.1', NULL),
	('01a20977-c49f-7343-858d-08ce226300b0', '01a20977-c49e-7440-a27b-1a11ce3a3316', '2026-12-23 17:32:53.791904+00', '\xa4cd659362acd5c4fbe109c9c90ca557c482063e77dcf5b863daaa144acbf273', '2026-11-23 17:32:53.791+00', '127.0.0.1', NULL),
	('01a20977-c4e8-7316-a576-8eff7927a9c2', '01a20977-c4e5-74a0-b38c-84cb396d3e69', '2026-12-23 17:32:53.86438+00', '\x1493d3fe4c365abcbde275792b3d938da662a2bb23cb36767ece18998d598167', '2026-11-23 17:32:53.864+00', '127.0.0.1', NULL),
	('01a20977-c54f-7050-be6b-daa9ad3ec9e2', '01a20977-c545-7485-990e-98584b148877', '2026-12-23 17:32:53.967442+00', '\xe166179fda4edb3c4286cb8495107f01a49ecdfb6d0f217e1bf21dc96595131c', '2026-11-23 17:32:53.967+00', '127.0.0.1', NULL),
	('01a20977-c5a5-75d7-b84c-86dbbcfdf64c', '01a20977-c5a3-702c-951e-15c99195b0f6', '2026-12-23 17:32:54.053724+00', '\xc63da2869bbb7faea4ca4f92b670a95239755377b5ed8b7eefe8cb95d339d5e9', '2026-11-23 17:32:54.053+00', '127.0.0.1', NULL),
	('01a20977-c5f2-7223-8990-eb16b528e519', '01a20977-c5f0-71d8-b46d-1302625827ae', '2026-12-23 17:32:54.130801+00', '\x4b3068c2063e5c648969b5e2a6f73b8a6703b9de9744f5a6923dc906962a09b0', '2026-11-23 17:32:54.13+00', '127.0.0.1', NULL),
	('01a20977-c63b-752d-b38d-aa65f2011e33', '01a20977-c637-72d7-bbea-e98169adf13c', '2026-12-23 17:32:54.203002+00', '\x2933233f99dd609e5fad9b8dca6947c615a8fe8981e308c50e60b13219652025', '2026-11-23 17:32:54.203+00', '127.0.0.1', NULL),
	('01a20977-c680-7109-ab9d-00380dc83fdf', '01a20977-c67e-7329-a365-8c81f38a83b6', '2026-12-23 17:32:54.272365+00', '\xf9201d07eccf68fd1493b1fea4f89f44dac424865f799fa0021a66660cb36a38', '2026-11-23 17:32:54.272+00', '127.0.0.1', NULL);


--
-- Data for Name: unlocks; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.users VALUES
	('01a20977-bea4-71ee-8397-efe0167cd256', 'demo_ada', 'demo_ada@example.com', '$argon2id$v=19$m=19456,t=2,p=1$lYUSA3G1dLuwrRsgsFamow$sMJLRdO+F4LONyLWRpdgoCmnUjZuKZtpyzSCQvAQarI', 'Ada', NULL, 1, '2026-11-23 17:32:52.26+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-bfb7-7140-b026-2d5b25aec24f', 'demo_bela', 'demo_bela@example.com', '$argon2id$v=19$m=19456,t=2,p=1$TJpD2J4BlzHpfaNrhmlLow$Wx7lwT2DgSa5nkW4STpdAWA0pVx7wySMHy6NjjZWiVE', 'Bela', NULL, 1, '2026-11-23 17:32:52.535+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c05c-77f4-b242-2b369536ed9c', 'demo_carla', 'demo_carla@example.com', '$argon2id$v=19$m=19456,t=2,p=1$1UCS1W/jNEhzNnldIIKdvg$AIGa6xHXhnaNt8UQBd3MAdz+++hnFI7dmMprVhj3GJo', 'Carla', NULL, 1, '2026-11-23 17:32:52.7+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c0d4-7200-b5bf-bf59532d072e', 'demo_dario', 'demo_dario@example.com', '$argon2id$v=19$m=19456,t=2,p=1$lbAyEixdvA22P8f/3StFlg$zAds3cFZ4SM9Y1oZU2X4dFoh4A7wiJpMrupduLECdTQ', 'Dario', NULL, 1, '2026-11-23 17:32:52.82+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c13c-76cf-a4ba-959aa3774596', 'demo_emre', 'demo_emre@example.com', '$argon2id$v=19$m=19456,t=2,p=1$9nOdimRWn++6+1Twa3cbbg$RCIa4NAO8X0QE7GXSjzf0+eTr0KVy3qFfZVh5ztzMCM', 'Emre', NULL, 1, '2026-11-23 17:32:52.924+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c194-71e8-afaa-8432bf3eb038', 'demo_fatima', 'demo_fatima@example.com', '$argon2id$v=19$m=19456,t=2,p=1$UddifNAThPNgIcvA3qnz1g$few1O+PuHjUGfxUmDw44c0SMtQ8aGNiAihomyUTDEbo', 'Fatima', NULL, 1, '2026-11-23 17:32:53.012+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c219-745b-8739-8532e2781ca6', 'demo_goran', 'demo_goran@example.com', '$argon2id$v=19$m=19456,t=2,p=1$V7p3YmjLBarUWSyciTpjtw$97EKvuTcJoyAKeHxI4No66EriaEKG0c9c407F7u+5+Q', 'Goran', NULL, 1, '2026-11-23 17:32:53.145+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c263-70d6-be9b-c0fa05aecfec', 'demo_hana', 'demo_hana@example.com', '$argon2id$v=19$m=19456,t=2,p=1$IyFjUgWunCTGs61sX3NwCA$L2FHRDNq4LRzKQGuAPNdlMxXC/+RH2Hrqwalw+RhvmA', 'Hana', NULL, 1, '2026-11-23 17:32:53.219+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c2ca-778b-90d0-d6c0c7cbab51', 'demo_ivo', 'demo_ivo@example.com', '$argon2id$v=19$m=19456,t=2,p=1$10HttJIozL0+K38YEfkMvQ$Ci77vph8qG9c8HzoM7I/ki8f3RbO4LZVOnIwpOk4iC4', 'Ivo', NULL, 1, '2026-11-23 17:32:53.322+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c340-749e-9071-613c5bdbd6ee', 'demo_jun', 'demo_jun@example.com', '$argon2id$v=19$m=19456,t=2,p=1$9knMA48ORLAD0xfqAcKCrQ$uoc29Fogpf+WZsJ0kBwIRrFz4YlndnKhrQuXaz/fOQc', 'Jun', NULL, 1, '2026-11-23 17:32:53.44+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c3b4-7123-8e4e-9315b6eaf11d', 'demo_kira', 'demo_kira@example.com', '$argon2id$v=19$m=19456,t=2,p=1$EdoWFQobfetXKq5cHqeO3A$XAzGB5RipI5niTX5JloCbFmgNug37lX1UewiN1WpArw', 'Kira', NULL, 1, '2026-11-23 17:32:53.556+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c407-76d7-a072-191ace4db394', 'demo_luca', 'demo_luca@example.com', '$argon2id$v=19$m=19456,t=2,p=1$wynIw27RjyBRZQAEeoIR0A$EdxFnHkpfIY+tTOJ/R+YXChteg3buZ+fmwIICDaNBDI', 'Luca', NULL, 1, '2026-11-23 17:32:53.639+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c457-73ad-89e0-ce6ee38488e5', 'demo_mei', 'demo_mei@example.com', '$argon2id$v=19$m=19456,t=2,p=1$Pcg4QTE1n7oVZxzB/ks0bw$CQ8kp2dgbR3dbC9SRlhvHWNrnzG6JIABGd0dtqWQqYQ', 'Mei', NULL, 1, '2026-11-23 17:32:53.719+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c49e-7440-a27b-1a11ce3a3316', 'demo_noor', 'demo_noor@example.com', '$argon2id$v=19$m=19456,t=2,p=1$imWYvFyt+jheWgfI3MXu8w$lB4nIwiBFvt+6d5topIxBh4Lp10+k4iZS8wOl6xvWoo', 'Noor', NULL, 1, '2026-11-23 17:32:53.79+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c4e5-74a0-b38c-84cb396d3e69', 'demo_otto', 'demo_otto@example.com', '$argon2id$v=19$m=19456,t=2,p=1$9FUlO1BAiXuR5sgP44yIGg$to6hzaDC3TyOwhnJBnXZHtKCRk6/HRn7HdPHtqf2pTo', 'Otto', NULL, 1, '2026-11-23 17:32:53.861+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c545-7485-990e-98584b148877', 'demo_pia', 'demo_pia@example.com', '$argon2id$v=19$m=19456,t=2,p=1$l59/4vjwGJka36gIYO5R1A$lpyJaM0jUXwFccxTNT6RbMm/9zB3AwR1xKuddUe7Eis', 'Pia', NULL, 1, '2026-11-23 17:32:53.957+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c5a3-702c-951e-15c99195b0f6', 'demo_quentin', 'demo_quentin@example.com', '$argon2id$v=19$m=19456,t=2,p=1$BdfVf01VCV39qyeoFx+q2g$dRxceud3GY8NOHiWRP462I06sHbfh5pzQzB2ZKQKoDY', 'Quentin', NULL, 1, '2026-11-23 17:32:54.051+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c5f0-71d8-b46d-1302625827ae', 'demo_rosa', 'demo_rosa@example.com', '$argon2id$v=19$m=19456,t=2,p=1$F9CrtNOW8SAW1YYbEVBtxA$tOugeAalYGarvv70VBGmf6+ebxuOIWbI/IB2NyCqWOA', 'Rosa', NULL, 1, '2026-11-23 17:32:54.128+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c637-72d7-bbea-e98169adf13c', 'demo_sami', 'demo_sami@example.com', '$argon2id$v=19$m=19456,t=2,p=1$ZVk4U2qoKGPEpqvglufAwg$jCMTRkFnV2W/qzE0y337IkHNRtxHI5ZuPKCgeml8CQA', 'Sami', NULL, 1, '2026-11-23 17:32:54.199+00', NULL, false, NULL, NULL, false, 0, NULL),
	('01a20977-c67e-7329-a365-8c81f38a83b6', 'demo_tove', 'demo_tove@example.com', '$argon2id$v=19$m=19456,t=2,p=1$jwyTpUtRvPKl4y9rqv8h7w$Ghv0knYQVJZQ3mYBkIVS3AEYUIzoUasOyVCBDKS/GS8', 'Tove', NULL, 2, '2026-11-23 17:32:57.664+00', NULL, true, NULL, NULL, false, 0, NULL);


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

SELECT pg_catalog.setval('public.outbox_id_seq', 152, true);


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: blocks blocks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (user_id, other_id);


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
-- Name: export_parts export_parts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.export_parts
    ADD CONSTRAINT export_parts_pkey PRIMARY KEY (export_id, service, number);


--
-- Name: exports exports_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_id_key UNIQUE (id);


--
-- Name: exports exports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_pkey PRIMARY KEY (user_id);


--
-- Name: follow_requests follow_requests_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.follow_requests
    ADD CONSTRAINT follow_requests_pkey PRIMARY KEY (requester_id, target_id);


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
-- Name: mail_tokens mail_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_pkey PRIMARY KEY (event_id);


--
-- Name: mail_tokens mail_tokens_token_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_token_hash_key UNIQUE (token_hash);


--
-- Name: mutes mutes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_pkey PRIMARY KEY (user_id, other_id);


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
-- Name: refresh_tokens refresh_tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash);


--
-- Name: retired_usernames retired_usernames_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.retired_usernames
    ADD CONSTRAINT retired_usernames_pkey PRIMARY KEY (hash);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


--
-- Name: unlocks unlocks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.unlocks
    ADD CONSTRAINT unlocks_pkey PRIMARY KEY (user_id);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: blocks_list; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX blocks_list ON public.blocks USING btree (user_id, since DESC, other_id DESC) WHERE active;


--
-- Name: blocks_of_other; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX blocks_of_other ON public.blocks USING btree (other_id, user_id);


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
-- Name: export_parts_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX export_parts_user ON public.export_parts USING btree (user_id);


--
-- Name: follow_requests_of_target; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follow_requests_of_target ON public.follow_requests USING btree (target_id, since DESC, requester_id DESC);


--
-- Name: follows_ended_by_followee; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follows_ended_by_followee ON public.follows USING btree (followee_id) WHERE (NOT active);


--
-- Name: follows_followers; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follows_followers ON public.follows USING btree (followee_id, since DESC, follower_id DESC) WHERE active;


--
-- Name: follows_following; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX follows_following ON public.follows USING btree (follower_id, since DESC, followee_id DESC) WHERE active;


--
-- Name: mail_tokens_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mail_tokens_expiry ON public.mail_tokens USING btree (expires_at);


--
-- Name: mail_tokens_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mail_tokens_user ON public.mail_tokens USING btree (user_id);


--
-- Name: mutes_list; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mutes_list ON public.mutes USING btree (user_id, since DESC, other_id DESC) WHERE active;


--
-- Name: mutes_of_other; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX mutes_of_other ON public.mutes USING btree (other_id, user_id);


--
-- Name: parked_sequences_next; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_next ON public.parked_sequences USING btree (consumer, next_at) WHERE (next_at IS NOT NULL);


--
-- Name: parked_sequences_replay; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_replay ON public.parked_sequences USING btree (consumer, replay_requested_at) WHERE (replay_requested_at IS NOT NULL);


--
-- Name: refresh_tokens_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refresh_tokens_expiry ON public.refresh_tokens USING btree (expires_at);


--
-- Name: refresh_tokens_session; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refresh_tokens_session ON public.refresh_tokens USING btree (session_id);


--
-- Name: retired_usernames_free; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX retired_usernames_free ON public.retired_usernames USING btree (free_at);


--
-- Name: retired_usernames_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX retired_usernames_user ON public.retired_usernames USING btree (user_id) WHERE (user_id IS NOT NULL);


--
-- Name: sessions_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);


--
-- Name: sessions_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_user ON public.sessions USING btree (user_id, id);


--
-- Name: users_email; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email));


--
-- Name: users_to_erase; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX users_to_erase ON public.users USING btree (kept_until) WHERE ((kept_until IS NOT NULL) AND (NOT erased));


--
-- Name: users_username; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX users_username ON public.users USING btree (lower(username));


--
-- Name: blocks blocks_other; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_other FOREIGN KEY (other_id) REFERENCES public.users(id);


--
-- Name: blocks blocks_user; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_user FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: exports exports_user; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.exports
    ADD CONSTRAINT exports_user FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: follow_requests follow_requests_requester; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.follow_requests
    ADD CONSTRAINT follow_requests_requester FOREIGN KEY (requester_id) REFERENCES public.users(id);


--
-- Name: follow_requests follow_requests_target; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.follow_requests
    ADD CONSTRAINT follow_requests_target FOREIGN KEY (target_id) REFERENCES public.users(id);


--
-- Name: follows follows_followee; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_followee FOREIGN KEY (followee_id) REFERENCES public.users(id);


--
-- Name: follows follows_follower; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_follower FOREIGN KEY (follower_id) REFERENCES public.users(id);


--
-- Name: mail_tokens mail_tokens_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: mutes mutes_other; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_other FOREIGN KEY (other_id) REFERENCES public.users(id);


--
-- Name: mutes mutes_user; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_user FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: refresh_tokens refresh_tokens_session_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;


--
-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: unlocks unlocks_user; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.unlocks
    ADD CONSTRAINT unlocks_user FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- PostgreSQL database dump complete
--


