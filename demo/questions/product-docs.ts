/** What people ask about this product, by article and section. */
export const productDocs = {
  'hosts-and-surfaces.md': {
    'a-subdomain-for-each-tenant': [
      'Under which address does a tenant find its console?',
      'What does an unknown subdomain answer?',
    ],
    'the-cloud-host': ['What does a sign-up make?', 'Where do I choose another workspace?'],
    'the-api-on-any-host': [
      'What happens when the key of another tenant is used on my host?',
      'Does the path health need a key?',
    ],
    'where-links-come-from': ['Why are links not built from the Host header?'],
    'working-on-ones-own-machine': ['How does a Node program reach a name that ends in .localhost?'],
  },
  'api-keys-and-ingest.md': {
    'what-a-key-is-made-of': ['What is an API key made of?', 'Does a leaked database yield working keys?'],
    'rotating-the-signing-secret': [
      'How do I rotate the signing secret of API keys?',
      'How long must each secret be?',
    ],
    'sending-a-key': [
      'In which header does a client send its key?',
      'Which status answers a request without a valid credential?',
    ],
    'sending-a-trace': ['Which field of a trace is required?', 'How many chunks may a trace have?'],
    'sending-a-trace-again': [
      'What happens when I send the same trace twice?',
      'Am I billed twice for a trace?',
    ],
    'what-ingest-writes': ['What is written into usage_deltas?', 'How is storage counted?'],
    'errors-of-the-api': [
      'Which status answers a body that is too large?',
      'What does the API answer when a field of a trace is invalid?',
      'How large may the body of a request be?',
    ],
    'the-predecessors-clients': ['How do the old SDKs send timestamps?'],
  },
  'isolation.md': {
    'three-locks': ['Which locks keep tenants apart?'],
    partitions: [
      'How is the schema of a tenant named?',
      'Where does the data of one tenant live in the database?',
    ],
    'three-logins': ['Which database logins does the application use?'],
    'why-not-set-role': ['Why is SET ROLE no lock?', 'Do the locks protect against arbitrary SQL?'],
    'the-one-door': ['What does withTenant do?'],
    'audit-and-authorisation': ['Who can change or delete audit rows?'],
  },
  'running.md': {
    'first-start': [
      'Which version of Node do I need?',
      'How do I begin anew with an empty database?',
      'Where are the demo passwords shown?',
    ],
    'using-your-own-database': ['Which PostgreSQL version can I use as my own database?'],
    'running-the-tests': ['How do I run the unit tests alone?'],
    'changing-the-schema': ['How do I draft a migration?', 'How long is the lock_timeout of a migration?'],
    'behind-a-proxy': ['Which setting lists the proxies whose headers are believed?'],
  },
};
