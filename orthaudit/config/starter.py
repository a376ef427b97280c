"""The `orthaudit.yaml` that `orthaudit config init` writes: valid as it is, with an example of every key."""

STARTER = """\
# orthaudit.yaml: what orthaudit cannot see for itself. Every key may be left out.
# Lines that begin with "#" and no space are examples: remove the "#", put your own values in.
# Paths are relative to this file. Secrets do not belong here: keys are paths, tokens come from the
# environment.
# Check it with `orthaudit config check`; `orthaudit config schema` describes every key.

# Which AWS accounts belong to the estate. Without this: the account of the credentials in use.
#aws:
#  accounts:
#    - {role_arn: "arn:aws:iam::111122223333:role/orthaudit", regions: [ca-central-1]}
#  organization: {role_name: orthaudit, exclude: ["444455556666"]}

# What the archive consists of. What is left out is inferred where that is certain, else unknown.
#archive:
#  vpcs: [vpc-0123456789abcdef0]
#  instances: [i-0123456789abcdef0]
#  bucket: images
#  database: orthanc-db
#  web:
#    - {host: pacs.example.org, port: 443, ca_file: ca.pem}
#  orthanc: archive/orthanc.json
#  nginx: archive/nginx.conf

# Where images are sent to. Listeners named here are probed beside those found in AWS.
dicom:
  ports: [104, 2762, 4242, 11112]
#  listeners:
#    - host: pacs.example.org
#      port: 11112
#      stands_for: i-0123456789abcdef0      # the address, interface or instance in AWS that the name leads to
#      called_aet: ORTHANC
#      calling_aet: ORTHAUDIT
#      ca_file: ca.pem
#      certificate_sha256: ["0000000000000000000000000000000000000000000000000000000000000000"]
#      client_certificate: client.pem
#      client_key: client.key
#      expect: {clinic-a: open, home: closed}

# Where probes start, for `--vantage`. Undeclared: outside when the address reached is public.
#vantages:
#  clinic-a: {outside: false}
#  home: {outside: true}

# DICOM proxies on your premises: they take images in the clear and forward them in TLS.
#proxies:
#  - name: clinic-a
#    addresses: [198.51.100.7/32]           # as the archive sees it
#    orthanc: clinic-a/orthanc.json
#    nginx: clinic-a/nginx.conf
#    site_networks: [10.9.0.0/16]

# The devices that send images, for `orthaudit ways`.
#modalities:
#  - name: CT 2
#    aet: CT2
#    site: clinic-a
#    addresses: [10.9.1.5/32]
#    tls: untested                          # supported, unsupported or untested: `orthaudit listen` tells
#    unattended: true                       # nobody is there who could sign in to a VPN
#    needs: [storage-commitment]            # beside storage; or query-retrieve, modality-worklist,
#                                           # modality-performed-procedure-step
#    way: proxy                             # or dicom-tls, direct-connect, site-vpn, client-vpn

# How probes must behave.
#probe:
#  never: ["10.9.1.5:*"]                    # never touched, by whatever other line
#  windows: ["Sat 22:00-04:00 Europe/Zurich"]
#  pause: 0.2                               # seconds between connections to one listener
#  max_connections: 100                     # to one listener in one scan

# What is demanded. `strict` also wants encryption up to the listener itself, and mutual TLS.
policy:
  name: guide
#  trusted_sources: [203.0.113.0/24]        # the clinics and proxies that may reach the DICOM port
#  trusted_web_sources: [203.0.113.0/24]    # who may reach the archive's HTTPS port
#  known_networks: [pcx-0123456789abcdef0]  # peerings, attachments, services, accounts that may lead in
#  trusted_networks: []                     # VPCs, transit gateways, peerings within the trust boundary
#  trust_boundary: vpc                      # or listener
#  accepted_private: [direct-connect]       # kinds of private connection that need not be encrypted
#  split_tunnel: required                   # or forbidden, any
#  client_authentication: certificate       # or any
#  require_mutual_tls: false
#  tls_profile: bcp195-rfc8996-9325
#  certificate_days: 30
#  max_source_addresses: 65536
#  max_port_span: 16

# Failures that somebody answers for. The last three keys may be left out.
#waivers:
#  - rule: client-vpn-connection-logging
#    subject: cvpn-endpoint-0123456789abcdef0
#    reason: the firewall in front logs every connection
#    owner: network team
#    expires: 2030-01-31
#    approved_by: security officer
#    alternative: firewall log, kept for a year
#    statuses: [fail]
"""
