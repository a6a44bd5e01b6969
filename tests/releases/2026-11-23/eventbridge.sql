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
    revision bigint NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL
);


--
-- Name: blocks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.blocks (
    user_id uuid NOT NULL,
    other_id uuid NOT NULL,
    active boolean NOT NULL,
    revision bigint NOT NULL,
    xact xid8 DEFAULT pg_current_xact_id() NOT NULL
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
-- Name: generations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.generations (
    id bigint NOT NULL,
    servers text NOT NULL,
    is_filled boolean NOT NULL,
    began_at timestamp with time zone DEFAULT now() NOT NULL,
    known_since timestamp with time zone DEFAULT now() NOT NULL
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
-- Name: loss_number; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.loss_number (
    is_only boolean DEFAULT true NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT loss_number_is_only_check CHECK (is_only)
);


--
-- Name: losses; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.losses (
    number bigint NOT NULL,
    reason text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.members (
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    joined_position bigint NOT NULL,
    left_position bigint,
    "position" bigint NOT NULL
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
    post_id uuid NOT NULL,
    revision bigint NOT NULL,
    is_public boolean NOT NULL,
    departed bigint
);


--
-- Name: used_tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.used_tickets (
    id uuid NOT NULL,
    ends_at timestamp with time zone NOT NULL
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
	(1, 'event bus', '2026-11-23 17:32:50.045585+00', true, '\x4c394f08e4ed74f1dbdb96ce1c301691ea9460732858bf172132acc6b6c169479f0f353a48c82d4be601aa355777dd46', 16633571),
	(2, 'event bus 2', '2026-11-23 17:32:50.063006+00', true, '\x04d2192ccbd43127c1562412b9b4fc8c5633d09b90061648d23302b62e3fff615af48b8fbc2998e1f1441320b39e06a7', 19734421),
	(3, 'bridge', '2026-11-23 17:32:50.08345+00', true, '\x55bd0f997ecc0cd595bbb627752e449a1f5ba601c173defb8565a692c2af8b66ee5ea88b639f895314737614972b4bce', 8117381),
	(4, 'used tickets', '2026-11-23 17:32:50.091981+00', true, '\xd2eb050f66e85a039d4ab18fcd9d5e79cb4b0cb52e0e009390f91129cfdc8553c3b9a894feece56e6b32d270ade0a3f0', 2140174),
	(5, 'visibility', '2026-11-23 17:32:50.09444+00', true, '\xd2501a0b0f22b2dcb611a7dc7b606c502a619e2a844b36f16878bef52c17c1e5efa7bed6fe7467ec711aeed1f8000756', 4401669);


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: blocks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.blocks VALUES
	('01a20977-c637-72d7-bbea-e98169adf13c', '01a20977-c5a3-702c-951e-15c99195b0f6', true, 1, '1459');


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
-- Data for Name: generations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.generations VALUES
	(1, '6cc9e8f3a05ba1e7985d4f38c60ecd334310d55b', true, '2026-11-23 17:32:51.987412+00', '2026-11-23 17:32:51.986522+00');


--
-- Data for Name: held_groups; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261122; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: inbox_20261123; Type: TABLE DATA; Schema: public; Owner: -
--



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
-- Data for Name: loss_number; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.loss_number VALUES
	(true, 0);


--
-- Data for Name: losses; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: members; Type: TABLE DATA; Schema: public; Owner: -
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
	('01a20977-d41c-7317-bde0-a012efa77b00', 1, true, NULL),
	('01a20977-d438-7796-a784-597635049f0a', 1, true, NULL),
	('01a20977-d450-7328-a19d-53f278331ce0', 1, true, NULL),
	('01a20977-d464-7780-b944-addcdbb68f4a', 1, true, NULL),
	('01a20977-d474-7013-891a-9449c77c7cf1', 1, true, NULL),
	('01a20977-d480-73d6-ae92-46225011a8d0', 1, true, NULL),
	('01a20977-d499-74a8-9953-943272bc8dc6', 1, true, NULL),
	('01a20977-d4af-77eb-b14e-25eb56108db8', 1, true, NULL),
	('01a20977-d4cf-7565-a352-641a512e887d', 1, true, NULL),
	('01a20977-d4dc-7011-8d6d-3c687ea2a817', 1, true, NULL),
	('01a20977-d4f6-77a7-9737-2f7f6235efcb', 1, true, NULL),
	('01a20977-d508-77b9-b1d1-de612a8c4903', 1, true, NULL),
	('01a20977-d522-70f4-bdf2-806c39e17c42', 1, true, NULL),
	('01a20977-d539-7373-9e74-ac4dfdc1fab5', 1, true, NULL),
	('01a20977-d546-7356-a449-592a9440dd5b', 1, true, NULL),
	('01a20977-d551-708a-944a-642a5304be53', 1, true, NULL),
	('01a20977-d55d-7519-8a6d-1573214489b8', 1, true, NULL),
	('01a20977-d56e-759c-9406-8749ff14d898', 1, true, NULL),
	('01a20977-d573-72b8-9470-81c3bc7c13fd', 1, true, NULL),
	('01a20977-d579-70b1-a912-ee0d8c4227be', 1, true, NULL),
	('01a20977-d5a0-723d-ad9f-f62c921fc7e2', 1, true, NULL),
	('01a20977-d5ac-7228-9af7-cad92a4960ec', 1, true, NULL),
	('01a20977-d5b0-71a6-b83e-24eb6a4ca758', 1, true, NULL),
	('01a20977-d5bc-7519-82d9-e1cb81462ec9', 1, true, NULL),
	('01a20977-d5e9-7571-86d6-c8b4664687cf', 1, true, NULL),
	('01a20977-d5d1-7116-a65e-e93d040c5998', 1, true, NULL),
	('01a20977-d5f6-7322-bea0-b2deb092bc6b', 1, true, NULL),
	('01a20977-d60d-72ab-a54e-f4b7fb89f531', 1, true, NULL),
	('01a20977-d628-7773-9322-af00f55f19f6', 1, true, NULL),
	('01a20977-d663-73c9-bd5d-9eb5e90c6780', 1, true, NULL),
	('01a20977-d672-7313-83f7-d59781de7531', 1, true, NULL),
	('01a20977-d683-74a7-9bee-327263874792', 1, true, NULL),
	('01a20977-d694-72eb-8520-841d9dd9ba45', 1, true, NULL),
	('01a20977-d6a4-7628-a6c8-57544981b6b3', 1, true, NULL),
	('01a20977-d6a9-75c0-9260-b54d59e47c6a', 1, true, NULL),
	('01a20977-d6c3-73e5-8074-8f819d0ff087', 1, true, NULL),
	('01a20977-d6d0-71d2-8c67-772651621541', 1, true, NULL),
	('01a20977-d6f0-77a1-acf2-43f4a4f0c4fe', 1, true, NULL),
	('01a20977-d6f8-763a-afc7-3fd7fc5494b1', 1, true, NULL),
	('01a20977-d71b-7401-bc80-7697e36523e6', 1, true, NULL),
	('01a20977-d725-7329-a44a-9fd184a9bd6b', 1, true, NULL),
	('01a20977-d73f-731f-923e-6d110c74bdb1', 1, true, NULL),
	('01a20977-d761-701d-b742-20a03880fc88', 1, true, NULL),
	('01a20977-d774-7250-9e17-6a6a415e2e24', 1, true, NULL),
	('01a20977-d77e-73e8-becb-eb36762e39f0', 1, true, NULL),
	('01a20977-d795-72a1-a2cc-124f4ff92a30', 1, true, NULL),
	('01a20977-d7c5-7024-9f9d-b0520949957e', 1, true, NULL),
	('01a20977-d7d6-75b6-acc2-abc50f221211', 1, true, NULL),
	('01a20977-d7e3-71db-b38f-4fbaeefbadf3', 1, true, NULL),
	('01a20977-d7f6-7283-b09d-f9393626211c', 1, true, NULL),
	('01a20977-d7fd-7591-b979-31131462fe48', 1, true, NULL),
	('01a20977-d806-7782-870a-44ad28d4d7a6', 1, true, NULL),
	('01a20977-d822-708f-9bd1-50f9ee0b82f8', 1, true, NULL),
	('01a20977-d82f-7517-b948-72bff7e3af60', 1, true, NULL),
	('01a20977-d83c-7260-8da9-e59a2ee47fc9', 1, true, NULL),
	('01a20977-d899-7795-8380-cd7bc773ec2c', 2, true, NULL),
	('01a20977-d9e0-7704-b6a4-23a1bc90d20c', 2, true, NULL),
	('01a20977-db15-771f-aece-58bd58cb17b6', 2, true, NULL);


--
-- Data for Name: used_tickets; Type: TABLE DATA; Schema: public; Owner: -
--



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

SELECT pg_catalog.setval('public.outbox_id_seq', 1, false);


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
-- Name: generations generations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.generations
    ADD CONSTRAINT generations_pkey PRIMARY KEY (id);


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
-- Name: loss_number loss_number_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.loss_number
    ADD CONSTRAINT loss_number_pkey PRIMARY KEY (is_only);


--
-- Name: losses losses_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.losses
    ADD CONSTRAINT losses_pkey PRIMARY KEY (number);


--
-- Name: members members_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (conversation_id, user_id);


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
    ADD CONSTRAINT posts_pkey PRIMARY KEY (post_id);


--
-- Name: used_tickets used_tickets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.used_tickets
    ADD CONSTRAINT used_tickets_pkey PRIMARY KEY (id);


--
-- Name: accounts_xact; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX accounts_xact ON public.accounts USING btree (xact);


--
-- Name: blocks_other; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX blocks_other ON public.blocks USING btree (other_id, user_id) WHERE active;


--
-- Name: blocks_xact; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX blocks_xact ON public.blocks USING btree (xact);


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
-- Name: members_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX members_user ON public.members USING btree (user_id);


--
-- Name: parked_sequences_next; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_next ON public.parked_sequences USING btree (consumer, next_at) WHERE (next_at IS NOT NULL);


--
-- Name: parked_sequences_replay; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX parked_sequences_replay ON public.parked_sequences USING btree (consumer, replay_requested_at) WHERE (replay_requested_at IS NOT NULL);


--
-- Name: used_tickets_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX used_tickets_end ON public.used_tickets USING btree (ends_at);


--
-- PostgreSQL database dump complete
--


