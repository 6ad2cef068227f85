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
INSERT INTO "approvals" VALUES(1,'pr_e9053f_3','0519c5d3a52bb5625c416a6d94ae439922640808e6e680f774dadba62911a92b','user:bob',2,'2026-11-22T08:15:30.123456Z','2026-11-23T08:15:30.123456Z','Looks fine.');
CREATE TABLE audit_entries (
	sequence INTEGER NOT NULL, 
	previous TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	event TEXT NOT NULL, 
	CONSTRAINT pk_audit_entries PRIMARY KEY (sequence), 
	CONSTRAINT uq_audit_entries_hash UNIQUE (hash), 
	CONSTRAINT ck_audit_entries_sequence CHECK (sequence > 0)
);
INSERT INTO "audit_entries" VALUES(1,'0000000000000000000000000000000000000000000000000000000000000000','47f8d2f2333d4d9b60260681ec7642de6158fe2475d2c5fc9943a17fad83df14','{"at":"2026-11-22T08:15:30.123456Z","action":"proposal.created","environment":"production","subject":"pr_e9053f_1","actor":{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');
INSERT INTO "audit_entries" VALUES(2,'47f8d2f2333d4d9b60260681ec7642de6158fe2475d2c5fc9943a17fad83df14','49f42dd637039c4bf9a7d61073bf9c2838bae7d82553a6d0e225caec299cd6b0','{"at":"2026-11-22T08:15:30.123456Z","action":"key.created","environment":"production","subject":"pr_1","actor":{"kind":"person","principal":"user:bob","on_behalf_of":null,"client":null},"reason":"Because.","details":{"kind":"change","edits":["flag:checkout"],"subjects":12}}');
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
INSERT INTO "document_revisions" VALUES('production','flag','checkout',1,'7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db','{"active":true,"n":1.0}',1,'pr_e9053f_1','2026-11-22T08:15:30.123456Z',1);
INSERT INTO "document_revisions" VALUES('production','flag','checkout',2,'78b558bd2357fbe7ad52804fb3af1b8664b23db096b1deb22d215dde25b152bf','{"active":false}',1,'pr_e9053f_2','2026-11-22T08:15:30.123456Z',0);
INSERT INTO "document_revisions" VALUES('production','cohort','7',1,'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a','{}',1,'pr_e9053f_2','2026-11-22T08:15:30.123456Z',0);
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
INSERT INTO "drysail_schema" VALUES('0002');
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
INSERT INTO "evidence" VALUES('5b76605fc1f53e63edcfdb1ef57ddd8ef61d0ff2a1fb8bc4ddeb100a149ff4e2','pr_e9053f_1','allow','{"format":1,"proposal_id":"pr_e9053f_1","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"5b76605fc1f53e63edcfdb1ef57ddd8ef61d0ff2a1fb8bc4ddeb100a149ff4e2"}');
INSERT INTO "evidence" VALUES('c9f137553daa1c470297e63b3da34d75ca0955dd7931acbbbd92b1359578fdad','pr_e9053f_2','allow','{"format":1,"proposal_id":"pr_e9053f_2","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"allow","findings":[{"rule":"ramp.step","level":"approve","state":"pass","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"c9f137553daa1c470297e63b3da34d75ca0955dd7931acbbbd92b1359578fdad"}');
INSERT INTO "evidence" VALUES('0519c5d3a52bb5625c416a6d94ae439922640808e6e680f774dadba62911a92b','pr_e9053f_3','review','{"format":1,"proposal_id":"pr_e9053f_3","environment":"production","lineage":"00000000000000000000000000000000","pins":[{"ref":{"kind":"flag","key":"checkout"},"revision":3,"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],"change_digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","traffic":{"snapshot":"sn_1","digest":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","environment":"production","provenance":"recorded","first_at":"2026-11-22T08:15:30.123456Z","newest_at":"2026-11-22T09:15:30.123456Z","largest_gap_seconds":4,"subjects":1000,"contexts":1200,"checks":5000,"dropped":0,"sampled_ppm":1000000},"policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","evaluation_version":"1","judged_at":"2026-11-22T08:15:30.123456Z","impact":{"flags":[],"subjects":1000,"changed_subjects":12,"undetermined_subjects":0,"fidelity":{"compared":10,"differing":1,"compared_checks":20,"differing_checks":2,"causes":{"unexplained":1}},"now":"2026-11-22T08:15:30.123456Z","evaluation_version":"1"},"verdict":{"decision":"review","findings":[{"rule":"ramp.step","level":"approve","state":"fail","observed":"40 %","limit":"25 %","message":"Too much at once.","flag":"checkout","scope":"","fix":{"kind":"set","text":"≤ 25 % passes","path":"rollout_percentage","value":25.5}}],"policy":"standard","policy_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"},"digest":"0519c5d3a52bb5625c416a6d94ae439922640808e6e680f774dadba62911a92b"}');
CREATE TABLE home (
	id INTEGER NOT NULL, 
	lineage TEXT NOT NULL, 
	serving_version INTEGER NOT NULL, 
	CONSTRAINT pk_home PRIMARY KEY (id), 
	CONSTRAINT ck_home_single CHECK (id = 1)
);
INSERT INTO "home" VALUES(1,'5978bd83e4ff4da9bddcc6cb9b08a7b4',9);
CREATE TABLE idempotency_keys (
	"key" TEXT NOT NULL, 
	proposal_id TEXT NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY ("key"), 
	CONSTRAINT fk_idempotency_keys_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals (id)
);
INSERT INTO "idempotency_keys" VALUES('retry-1','pr_e9053f_3');
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
INSERT INTO "proposal_edits" VALUES('pr_e9053f_1',0,'flag','checkout',0,NULL,NULL,'{"active":true,"n":1.0}');
INSERT INTO "proposal_edits" VALUES('pr_e9053f_2',0,'flag','checkout',1,'7b70a607999ebdc5dd9b41dca84ce73fe4d6dbfb93b011050cacdb5dfa5346db','{"active":true,"n":1.0}','{"active":false}');
INSERT INTO "proposal_edits" VALUES('pr_e9053f_2',1,'cohort','7',0,NULL,NULL,'{}');
INSERT INTO "proposal_edits" VALUES('pr_e9053f_3',0,'flag','other',0,NULL,NULL,'{}');
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
INSERT INTO "proposals" VALUES(1,'pr_e9053f_1','production','change','[{"op":"set_rollout","percentage":25}]','Because.',NULL,'{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}','2026-11-22T08:15:30.123456Z','2026-11-25T08:15:30.123456Z',NULL,NULL,'applied','5b76605fc1f53e63edcfdb1ef57ddd8ef61d0ff2a1fb8bc4ddeb100a149ff4e2','','2026-11-22T08:15:30.123456Z',1);
INSERT INTO "proposals" VALUES(2,'pr_e9053f_2','production','change','[{"op":"set_rollout","percentage":25}]','Because.',NULL,'{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}','2026-11-22T08:15:30.123456Z','2026-11-25T08:15:30.123456Z',NULL,NULL,'applied','c9f137553daa1c470297e63b3da34d75ca0955dd7931acbbbd92b1359578fdad','','2026-11-22T08:15:30.123456Z',2);
INSERT INTO "proposals" VALUES(3,'pr_e9053f_3','production','change','[{"op":"set_rollout","percentage":25}]','Because.',NULL,'{"kind":"agent","principal":"agent:key_1","on_behalf_of":"user:ann","client":"claude 2.1"}','2026-11-22T08:15:30.123456Z','2026-11-25T08:15:30.123456Z',NULL,NULL,'approved','0519c5d3a52bb5625c416a6d94ae439922640808e6e680f774dadba62911a92b','',NULL,NULL);
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
CREATE TRIGGER document_revisions_proposal BEFORE INSERT ON document_revisions FOR EACH ROW WHEN (NOT EXISTS (SELECT 1 FROM proposals AS p
 WHERE p.id = NEW.proposal_id AND p.environment = NEW.environment AND p.state = 'applied')) BEGIN SELECT RAISE(ABORT, 'drysail: a document changes only by applying a proposal'); END;
CREATE TRIGGER document_revisions_edit BEFORE INSERT ON document_revisions FOR EACH ROW WHEN (NOT EXISTS (SELECT 1 FROM proposal_edits AS e
 WHERE e.proposal_id = NEW.proposal_id AND e.kind = NEW.kind AND e.key = NEW.key AND e.after IS NEW.body
 AND e.base_revision = COALESCE((SELECT CASE WHEN r.body IS NULL THEN 0 ELSE r.revision END FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key
 ORDER BY r.revision DESC LIMIT 1), 0))) BEGIN SELECT RAISE(ABORT, 'drysail: the change is not what the proposal says'); END;
CREATE TRIGGER document_revisions_number BEFORE INSERT ON document_revisions FOR EACH ROW WHEN (NEW.revision <> COALESCE((SELECT MAX(r.revision) FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key), 0) + 1) BEGIN SELECT RAISE(ABORT, 'drysail: revisions of a document are numbered without gaps'); END;
CREATE TRIGGER documents_insert BEFORE INSERT ON documents FOR EACH ROW WHEN (NEW.revision <> COALESCE((SELECT MAX(r.revision) FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key), 0) OR NOT EXISTS (SELECT 1 FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key
 AND r.revision = NEW.revision AND r.digest = NEW.digest AND r.body = NEW.body)) BEGIN SELECT RAISE(ABORT, 'drysail: a document is its newest revision'); END;
CREATE TRIGGER documents_update BEFORE UPDATE ON documents FOR EACH ROW WHEN (NEW.revision <> COALESCE((SELECT MAX(r.revision) FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key), 0) OR NOT EXISTS (SELECT 1 FROM document_revisions AS r
 WHERE r.environment = NEW.environment AND r.kind = NEW.kind AND r.key = NEW.key
 AND r.revision = NEW.revision AND r.digest = NEW.digest AND r.body = NEW.body)) BEGIN SELECT RAISE(ABORT, 'drysail: a document is its newest revision'); END;
CREATE TRIGGER documents_step BEFORE UPDATE ON documents FOR EACH ROW WHEN (NEW.environment <> OLD.environment OR NEW.kind <> OLD.kind OR NEW.key <> OLD.key
 OR NEW.revision <> OLD.revision + 1) BEGIN SELECT RAISE(ABORT, 'drysail: a document moves to its next revision'); END;
CREATE TRIGGER documents_delete BEFORE DELETE ON documents FOR EACH ROW WHEN (NOT EXISTS (SELECT 1 FROM document_revisions AS r
 WHERE r.environment = OLD.environment AND r.kind = OLD.kind AND r.key = OLD.key
 AND r.revision = OLD.revision + 1 AND r.body IS NULL)) BEGIN SELECT RAISE(ABORT, 'drysail: a document is removed by a revision without a body'); END;
CREATE TRIGGER proposals_start BEFORE INSERT ON proposals FOR EACH ROW WHEN (NEW.state NOT IN ('judging', 'allowed', 'needs_review', 'denied')) BEGIN SELECT RAISE(ABORT, 'drysail: a proposal starts open, and not approved'); END;
CREATE TRIGGER proposals_content BEFORE UPDATE ON proposals FOR EACH ROW WHEN (NEW.number IS NOT OLD.number OR NEW.id IS NOT OLD.id OR NEW.environment IS NOT OLD.environment OR NEW.kind IS NOT OLD.kind OR NEW.operations IS NOT OLD.operations OR NEW.reason IS NOT OLD.reason OR NEW.expect IS NOT OLD.expect OR NEW.actor IS NOT OLD.actor OR NEW.created_at IS NOT OLD.created_at OR NEW.expires_at IS NOT OLD.expires_at OR NEW.rebase_of IS NOT OLD.rebase_of OR NEW.reverts IS NOT OLD.reverts) BEGIN SELECT RAISE(ABORT, 'drysail: the content of a proposal never changes'); END;
CREATE TRIGGER proposals_closed BEFORE UPDATE ON proposals FOR EACH ROW WHEN (OLD.state IN ('applied', 'rejected', 'withdrawn', 'expired', 'stale')) BEGIN SELECT RAISE(ABORT, 'drysail: a closed proposal stays as it is'); END;
CREATE TRIGGER proposals_approved BEFORE UPDATE ON proposals FOR EACH ROW WHEN (NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM approvals AS a
 WHERE a.proposal_id = NEW.id AND a.evidence_digest = NEW.evidence_digest)) BEGIN SELECT RAISE(ABORT, 'drysail: a proposal is approved only with an approval of its evidence'); END;
CREATE TRIGGER proposals_applied BEFORE UPDATE ON proposals FOR EACH ROW WHEN (NEW.state = 'applied' AND OLD.state <> 'applied' AND NOT EXISTS (SELECT 1 FROM evidence AS e
 WHERE e.digest = NEW.evidence_digest AND e.proposal_id = NEW.id
 AND ((OLD.state = 'allowed' AND e.decision = 'allow')
 OR (OLD.state = 'approved' AND e.decision <> 'deny' AND EXISTS (SELECT 1 FROM approvals AS a
 WHERE a.proposal_id = NEW.id AND a.evidence_digest = NEW.evidence_digest AND a.expires_at > NEW.applied_at))))) BEGIN SELECT RAISE(ABORT, 'drysail: a proposal is applied only if exactly its evidence was allowed or approved'); END;
CREATE TRIGGER proposals_keep BEFORE DELETE ON proposals FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: proposals are kept'); END;
CREATE TRIGGER proposal_edits_late BEFORE INSERT ON proposal_edits FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM evidence AS e WHERE e.proposal_id = NEW.proposal_id)
 OR EXISTS (SELECT 1 FROM proposals AS p WHERE p.id = NEW.proposal_id AND p.state NOT IN ('judging', 'allowed', 'needs_review', 'denied'))) BEGIN SELECT RAISE(ABORT, 'drysail: the content of a proposal never changes'); END;
CREATE TRIGGER document_revisions_keep_update BEFORE UPDATE ON document_revisions FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: document_revisions is append-only'); END;
CREATE TRIGGER document_revisions_keep_delete BEFORE DELETE ON document_revisions FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: document_revisions is append-only'); END;
CREATE TRIGGER proposal_edits_keep_update BEFORE UPDATE ON proposal_edits FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: proposal_edits is append-only'); END;
CREATE TRIGGER proposal_edits_keep_delete BEFORE DELETE ON proposal_edits FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: proposal_edits is append-only'); END;
CREATE TRIGGER evidence_keep_update BEFORE UPDATE ON evidence FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: evidence is append-only'); END;
CREATE TRIGGER evidence_keep_delete BEFORE DELETE ON evidence FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: evidence is append-only'); END;
CREATE TRIGGER approvals_keep_update BEFORE UPDATE ON approvals FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: approvals is append-only'); END;
CREATE TRIGGER approvals_keep_delete BEFORE DELETE ON approvals FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: approvals is append-only'); END;
CREATE TRIGGER policies_keep_update BEFORE UPDATE ON policies FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: policies is append-only'); END;
CREATE TRIGGER policies_keep_delete BEFORE DELETE ON policies FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: policies is append-only'); END;
CREATE TRIGGER audit_entries_keep_update BEFORE UPDATE ON audit_entries FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: audit_entries is append-only'); END;
CREATE TRIGGER audit_entries_keep_delete BEFORE DELETE ON audit_entries FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: audit_entries is append-only'); END;
CREATE TRIGGER audit_entries_chain BEFORE INSERT ON audit_entries FOR EACH ROW WHEN (NEW.sequence <> COALESCE((SELECT MAX(a.sequence) FROM audit_entries AS a), 0) + 1
 OR NEW.previous <> COALESCE((SELECT b.hash FROM audit_entries AS b ORDER BY b.sequence DESC LIMIT 1),
 '0000000000000000000000000000000000000000000000000000000000000000')) BEGIN SELECT RAISE(ABORT, 'drysail: an audit entry follows the newest one'); END;
CREATE TRIGGER snapshots_update BEFORE UPDATE ON snapshots FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: a snapshot never changes'); END;
CREATE TRIGGER home_update BEFORE UPDATE ON home FOR EACH ROW WHEN (NEW.lineage <> OLD.lineage) BEGIN SELECT RAISE(ABORT, 'drysail: a home keeps its lineage'); END;
CREATE TRIGGER home_delete BEFORE DELETE ON home FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: a home keeps its lineage'); END;
CREATE TRIGGER environments_name BEFORE UPDATE ON environments FOR EACH ROW WHEN (NEW.name <> OLD.name OR NEW.revision < OLD.revision) BEGIN SELECT RAISE(ABORT, 'drysail: an environment keeps its name, and its revision only rises'); END;
CREATE TRIGGER environments_sandbox BEFORE UPDATE ON environments FOR EACH ROW WHEN (NEW.sandbox AND NOT OLD.sandbox) BEGIN SELECT RAISE(ABORT, 'drysail: a real environment stays real'); END;
CREATE TRIGGER environments_delete BEFORE DELETE ON environments FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: environments are kept'); END;
CREATE TRIGGER keys_delete BEFORE DELETE ON keys FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: keys are revoked, and kept'); END;
CREATE TRIGGER idempotency_keys_update BEFORE UPDATE ON idempotency_keys FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: an idempotency key names one proposal'); END;
CREATE TRIGGER idempotency_keys_delete BEFORE DELETE ON idempotency_keys FOR EACH ROW WHEN (1 = 1) BEGIN SELECT RAISE(ABORT, 'drysail: an idempotency key names one proposal'); END;
CREATE TRIGGER keys_update BEFORE UPDATE ON keys FOR EACH ROW WHEN (NEW.id IS NOT OLD.id OR NEW.environment IS NOT OLD.environment OR NEW.kind IS NOT OLD.kind OR NEW.token IS NOT OLD.token OR NEW.token_sha256 IS NOT OLD.token_sha256 OR NEW.scopes IS NOT OLD.scopes OR NEW.on_behalf_of IS NOT OLD.on_behalf_of OR NEW.created_at IS NOT OLD.created_at OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at)) BEGIN SELECT RAISE(ABORT, 'drysail: a key can be revoked, once, and is otherwise never changed'); END;
CREATE TRIGGER home_not_replaced BEFORE INSERT ON home FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM home AS o WHERE (o.id = NEW.id))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER environments_not_replaced BEFORE INSERT ON environments FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM environments AS o WHERE (o.name = NEW.name))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER keys_not_replaced BEFORE INSERT ON keys FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM keys AS o WHERE (o.id = NEW.id) OR (o.token_sha256 = NEW.token_sha256))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER proposals_not_replaced BEFORE INSERT ON proposals FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM proposals AS o WHERE (o.id = NEW.id) OR (o.number = NEW.number))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER proposal_edits_not_replaced BEFORE INSERT ON proposal_edits FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM proposal_edits AS o WHERE (o.proposal_id = NEW.proposal_id AND o.position = NEW.position) OR (o.proposal_id = NEW.proposal_id AND o.kind = NEW.kind AND o.key = NEW.key))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER idempotency_keys_not_replaced BEFORE INSERT ON idempotency_keys FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM idempotency_keys AS o WHERE (o.key = NEW.key))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER evidence_not_replaced BEFORE INSERT ON evidence FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM evidence AS o WHERE (o.digest = NEW.digest))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER approvals_not_replaced BEFORE INSERT ON approvals FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM approvals AS o WHERE (o.number = NEW.number) OR (o.evidence_digest = NEW.evidence_digest AND o.reviewer = NEW.reviewer AND o.at = NEW.at))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER document_revisions_not_replaced BEFORE INSERT ON document_revisions FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM document_revisions AS o WHERE (o.proposal_id = NEW.proposal_id AND o.environment = NEW.environment AND o.kind = NEW.kind AND o.key = NEW.key))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER policies_not_replaced BEFORE INSERT ON policies FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM policies AS o WHERE (o.number = NEW.number))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER audit_entries_not_replaced BEFORE INSERT ON audit_entries FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM audit_entries AS o WHERE (o.sequence = NEW.sequence) OR (o.hash = NEW.hash))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER snapshots_not_replaced BEFORE INSERT ON snapshots FOR EACH ROW WHEN (EXISTS (SELECT 1 FROM snapshots AS o WHERE (o.id = NEW.id) OR (o.number = NEW.number))) BEGIN SELECT RAISE(ABORT, 'drysail: it exists already'); END;
CREATE TRIGGER environments_insert_served AFTER INSERT ON environments FOR EACH ROW BEGIN UPDATE home SET serving_version = serving_version + 1; END;
CREATE TRIGGER environments_update_served AFTER UPDATE ON environments FOR EACH ROW BEGIN UPDATE home SET serving_version = serving_version + 1; END;
CREATE TRIGGER keys_insert_served AFTER INSERT ON keys FOR EACH ROW BEGIN UPDATE home SET serving_version = serving_version + 1; END;
CREATE TRIGGER keys_update_served AFTER UPDATE ON keys FOR EACH ROW BEGIN UPDATE home SET serving_version = serving_version + 1; END;
COMMIT;
