// For tests that measure how programs start. Where this variable is set, every Node reads the certificates of its file before
// all else, which takes longer than the rest of its start.
delete process.env['NODE_EXTRA_CA_CERTS'];
