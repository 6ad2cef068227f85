BEGIN TRANSACTION;
CREATE TABLE approvals (
	number INTEGER NOT NULL, 
	proposal_id TEXT NOT NULL, 
	evidence_digest TEXT NOT NULL, 
	reviewer TEXT NOT NULL, 
	assurance INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	expires_at VARCHAR(27) NOT NULL, 
	comment TEXT NOT NULL, 
	CONSTRAINT pk_approvals PRIMARY KEY (number), 
	CONSTRAINT fk_approvals_evidence_digest_proposal_id FOREIGN KEY(evidence_digest, proposal_id) REFERENCES evidence (digest, proposal_id), 
	CONSTRAINT uq_approvals_evidence_digest_reviewer_at UNIQUE (evidence_digest, reviewer, at), 
	CONSTRAINT ck_approvals_assurance CHECK (assurance BETWEEN 1 AND 4)
);
INSERT INTO "approvals" VALUES(1,'pr_031978_3','7e212b536e2dfea6464605d424f004384eb5213c5cefe7556878be94c47b3405','user:bob',2,'2026-11-22T08:15:30.123456Z','2026-11-23T08:15:30.123456Z','Looks fine.');
CREATE TABLE audit_entries (
	sequence INTEGER NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	event TEXT NOT NULL, 
	CONSTRAINT pk_audit_entries PRIMARY KEY (sequence), 
	CONSTRAINT uq_audit_entries_hash UNIQUE (hash), 
	CONSTRAINT ck_audit_entries_sequence CHECK (sequence > 0)
);
INSERT INTO "audit_entries" VALUES(1,'0000000000000000000000000000000000000000000000000000000000000000','c6c533a17607f4f713e55e21fc26fb4216fe8686c37ca3b3e18d28c273502f00','{"at":"2026-11-22T08:15:30.123456Z","action":"proposal.created","environment":"production","subject":"pr_031978_1","actor":{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');
INSERT INTO "audit_entries" VALUES(2,'c6c533a17607f4f713e55e21fc26fb4216fe8686c37ca3b3e18d28c273502f00','52f85f5f3758a183482bf4e323b8962494028f7de88dfae60f03b23f709477ce','{"at":"2026-11-22T08:15:30.123456Z","action":"key.created","environment":"production","subject":"pr_1","actor":{"kind":"person","principal":"user:bob","on_behalf_of":null,"client":null},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');
CREATE TABLE document_revisions (
	environment TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	body TEXT, 
	alive BOOLEAN NOT NULL, 
	proposal_id TEXT NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	reviewed BOOLEAN NOT NULL, 
	CONSTRAINT pk_document_revisions PRIMARY KEY (environment, kind, "key", revision), 
	CONSTRAINT fk_document_revisions_environment FOREIGN KEY(environment) REFERENCES environments (name), 
	CONSTRAINT fk_document_revisions_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals (id), 
	CONSTRAINT uq_document_revisions_proposal_id_environment_kind_key UNIQUE (proposal_id, environment, kind, "key"), 
	CONSTRAINT ck_document_revisions_kind CHECK (kind IN ('flag', 'cohort', 'settings')), 
	CONSTRAINT ck_document_revisions_revision CHECK (revision > 0)
);
INSERT INTO "document_revisions" VALUES('production','flag','checkout',1,'7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db','{"active":true,"n":1.0}',1,'pr_031978_1','2026-11-22T08:15:30.123456Z',1);
INSERT INTO "document_revisions" VALUES('production','flag','checkout',2,'78b558bd2357fbe7ad52804fb3af1b8664b23db096b1deb22d215dde25b152bf','{"active":false}',1,'pr_031978_2','2026-11-22T08:15:30.123456Z',0);
INSERT INTO "document_revisions" VALUES('production','cohort','7',1,'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a','{}',1,'pr_031978_2','2026-11-22T08:15:30.123456Z',0);
CREATE TABLE documents (
	environment TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	body TEXT NOT NULL, 
	updated_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_documents PRIMARY KEY (environment, kind, "key"), 
	CONSTRAINT fk_documents_environment_kind_key_revision FOREIGN KEY(environment, kind, "key", revision) REFERENCES document_revisions (environment, kind, "key", revision)
);
INSERT INTO "documents" VALUES('production','flag','checkout',2,'78b558bd2357fbe7ad52804fb3af1b8664b23db096b1deb22d215dde25b152bf','{"active":false}','2026-11-22T08:15:30.123456Z');
INSERT INTO "documents" VALUES('production','cohort','7',1,'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a','{}','2026-11-22T08:15:30.123456Z');
CREATE TABLE drysail_schema (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT drysail_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO "drysail_schema" VALUES('0001');
CREATE TABLE environments (
	name TEXT NOT NULL, 
	sandbox BOOLEAN NOT NULL, 
	revision INTEGER NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_environments PRIMARY KEY (name), 
	CONSTRAINT ck_environments_revision CHECK (revision >= 0)
);
INSERT INTO "environments" VALUES('production',0,2,'2026-11-22T08:15:30.123456Z');
INSERT INTO "environments" VALUES('demo',0,0,'2026-11-22T08:15:30.123456Z');
CREATE TABLE evidence (
	digest TEXT NOT NULL, 
	proposal_id TEXT NOT NULL, 
	decision TEXT NOT NULL, 
	content TEXT NOT NULL, 
	CONSTRAINT pk_evidence PRIMARY KEY (digest), 
	CONSTRAINT fk_evidence_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals (id), 
	CONSTRAINT uq_evidence_digest_proposal_id UNIQUE (digest, proposal_id), 
	CONSTRAINT ck_evidence_decision CHECK (decision IN ('allow', 'review', 'deny'))
);
INSERT INTO "evidence" VALUES('26662c23bf9a2644340d21452aeaa0738eca5c0c0307bf24e0c464cda746cb38','pr_031978_1','allow','{"format":1,"proposal_id":"pr_031978_1","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"26662c23bf9a2644340d21452aeaa0738eca5c0c0307bf24e0c464cda746cb38"}');
INSERT INTO "evidence" VALUES('067e698d29424064587c8cf955f2b88f4357a606131a2bf03f564be256c1552a','pr_031978_2','allow','{"format":1,"proposal_id":"pr_031978_2","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"067e698d29424064587c8cf955f2b88f4357a606131a2bf03f564be256c1552a"}');
INSERT INTO "evidence" VALUES('7e212b536e2dfea6464605d424f004384eb5213c5cefe7556878be94c47b3405','pr_031978_3','review','{"format":1,"proposal_id":"pr_031978_3","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"review","findings":[{"rule":"ramp.step","level":"approve","state":"fail","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"7e212b536e2dfea6464605d424f004384eb5213c5cefe7556878be94c47b3405"}');
CREATE TABLE home (
	id INTEGER NOT NULL, 
	lineage TEXT NOT NULL, 
	serving_version INTEGER NOT NULL, 
	CONSTRAINT pk_home PRIMARY KEY (id), 
	CONSTRAINT ck_home_single CHECK (id = 1)
);
INSERT INTO "home" VALUES(1,'139a8c6f5f6e46c0a71eb3e81dc930cc',1);
CREATE TABLE idempotency_keys (
	"key" TEXT NOT NULL, 
	proposal_id TEXT NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY ("key"), 
	CONSTRAINT fk_idempotency_keys_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals (id)
);
INSERT INTO "idempotency_keys" VALUES('retry-1','pr_031978_3');
CREATE TABLE keys (
	id TEXT NOT NULL, 
	environment TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	token TEXT, 
	token_sha256 TEXT NOT NULL, 
	hint TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	label TEXT NOT NULL, 
	on_behalf_of TEXT, 
	created_at VARCHAR(27) NOT NULL, 
	revoked_at VARCHAR(27), 
	CONSTRAINT pk_keys PRIMARY KEY (id), 
	CONSTRAINT fk_keys_environment FOREIGN KEY(environment) REFERENCES environments (name), 
	CONSTRAINT uq_keys_token_sha256 UNIQUE (token_sha256), 
	CONSTRAINT ck_keys_kind CHECK (kind IN ('public', 'secret', 'agent')), 
	CONSTRAINT ck_keys_token CHECK (token IS NULL OR kind = 'public'), 
	CONSTRAINT ck_keys_token_sha256 CHECK (length(token_sha256) = 64)
);
INSERT INTO "keys" VALUES('key_1','production','agent',NULL,'7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed','one','["flags:read","flags:propose"]','CI','user:ann','2026-11-22T08:15:30.123456Z','2026-11-22T08:15:30.123456Z');
INSERT INTO "keys" VALUES('key_2','production','public','two','3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3','two','[]','CI',NULL,'2026-11-22T08:15:30.123456Z',NULL);
CREATE TABLE policies (
	number INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	text TEXT NOT NULL, 
	activated_at VARCHAR(27) NOT NULL, 
	activated_by TEXT NOT NULL, 
	CONSTRAINT pk_policies PRIMARY KEY (number)
);
INSERT INTO "policies" VALUES(1,'strict','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc','version: 1
# Grüße
','2026-11-22T08:15:30.123456Z','user:bob');
CREATE TABLE proposal_edits (
	proposal_id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	base_revision INTEGER NOT NULL, 
	base_digest TEXT, 
	"before" TEXT, 
	"after" TEXT, 
	CONSTRAINT pk_proposal_edits PRIMARY KEY (proposal_id, position), 
	CONSTRAINT fk_proposal_edits_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals (id), 
	CONSTRAINT uq_proposal_edits_proposal_id_kind_key UNIQUE (proposal_id, kind, "key"), 
	CONSTRAINT ck_proposal_edits_kind CHECK (kind IN ('flag', 'cohort', 'settings')), 
	CONSTRAINT ck_proposal_edits_base_revision CHECK (base_revision >= 0)
);
INSERT INTO "proposal_edits" VALUES('pr_031978_1',0,'flag','checkout',0,NULL,NULL,'{"active":true,"n":1.0}');
INSERT INTO "proposal_edits" VALUES('pr_031978_2',0,'flag','checkout',1,'7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db','{"active":true,"n":1.0}','{"active":false}');
INSERT INTO "proposal_edits" VALUES('pr_031978_2',1,'cohort','7',0,NULL,NULL,'{}');
INSERT INTO "proposal_edits" VALUES('pr_031978_3',0,'flag','other',0,NULL,NULL,'{}');
CREATE TABLE proposals (
	number INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	environment TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	operations TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	expect TEXT, 
	actor TEXT NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	expires_at VARCHAR(27) NOT NULL, 
	rebase_of TEXT, 
	reverts TEXT, 
	state TEXT NOT NULL, 
	evidence_digest TEXT, 
	note TEXT NOT NULL, 
	applied_at VARCHAR(27), 
	applied_revision INTEGER, 
	CONSTRAINT pk_proposals PRIMARY KEY (number), 
	CONSTRAINT uq_proposals_id UNIQUE (id), 
	CONSTRAINT fk_proposals_environment FOREIGN KEY(environment) REFERENCES environments (name), 
	CONSTRAINT ck_proposals_kind CHECK (kind IN ('change', 'import', 'bootstrap', 'revert')), 
	CONSTRAINT ck_proposals_state CHECK (state IN ('judging', 'allowed', 'needs_review', 'denied', 'approved', 'applied', 'rejected', 'withdrawn', 'expired', 'stale')), 
	CONSTRAINT ck_proposals_applied CHECK (state <> 'applied' OR (applied_at IS NOT NULL AND applied_revision IS NOT NULL AND evidence_digest IS NOT NULL))
);
INSERT INTO "proposals" VALUES(1,'pr_031978_1','production','change','[{"op":"set_rollout","percentage":25}]','Because.',NULL,'{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}','2026-11-22T08:15:30.123456Z','2026-11-25T08:15:30.123456Z',NULL,NULL,'applied','26662c23bf9a2644340d21452aeaa0738eca5c0c0307bf24e0c464cda746cb38','','2026-11-22T08:15:30.123456Z',1);
INSERT INTO "proposals" VALUES(2,'pr_031978_2','production','change','[{"op":"set_rollout","percentage":25}]','Because.',NULL,'{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}','2026-11-22T08:15:30.123456Z','2026-11-25T08:15:30.123456Z',NULL,NULL,'applied','067e698d29424064587c8cf955f2b88f4357a606131a2bf03f564be256c1552a','','2026-11-22T08:15:30.123456Z',2);
INSERT INTO "proposals" VALUES(3,'pr_031978_3','production','change','[{"op":"set_rollout","percentage":25}]','Because.',NULL,'{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}','2026-11-22T08:15:30.123456Z','2026-11-25T08:15:30.123456Z',NULL,NULL,'approved','7e212b536e2dfea6464605d424f004384eb5213c5cefe7556878be94c47b3405','',NULL,NULL);
CREATE TABLE servers (
	id TEXT NOT NULL, 
	url TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	revisions TEXT NOT NULL, 
	live_at VARCHAR(27) NOT NULL, 
	seen_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_servers PRIMARY KEY (id)
);
INSERT INTO "servers" VALUES('sv_1','http://127.0.0.1:8470',4711,'{"production":3}','2026-11-22T08:15:30.123456Z','2026-11-22T08:15:30.123456Z');
CREATE TABLE snapshots (
	number INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	environment TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	manifest TEXT NOT NULL, 
	registered_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_snapshots PRIMARY KEY (number), 
	CONSTRAINT fk_snapshots_environment FOREIGN KEY(environment) REFERENCES environments (name), 
	CONSTRAINT uq_snapshots_id UNIQUE (id)
);
INSERT INTO "snapshots" VALUES(1,'sn_1','production','2a7e933baab3115e82e0fb26cb893f37c3cbe4ca5e5cbc846b68a1bfb3789cef','{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000}','{"segments":[{"name":"0001.parquet","sha256":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}]}','2026-11-22T08:15:30.123456Z');
CREATE INDEX ix_keys_environment ON keys (environment);
CREATE INDEX ix_proposals_environment_state ON proposals (environment, state);
CREATE INDEX ix_proposal_edits_kind_key ON proposal_edits (kind, "key");
CREATE INDEX ix_idempotency_keys_proposal_id ON idempotency_keys (proposal_id);
CREATE INDEX ix_evidence_proposal_id ON evidence (proposal_id);
CREATE INDEX ix_approvals_proposal_id ON approvals (proposal_id);
CREATE INDEX ix_snapshots_environment_registered_at ON snapshots (environment, registered_at);
COMMIT;
