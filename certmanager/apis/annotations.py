"""The annotations and labels on Certificates, their requests and their Secrets (upstream: pkg/apis/certmanager/v1)."""

from certmanager.apis.metadata import GROUP

PREFIX = f"{GROUP}/"

CERTIFICATE_NAME = f"{PREFIX}certificate-name"
CERTIFICATE_REVISION = f"{PREFIX}certificate-revision"
PRIVATE_KEY_SECRET_NAME = f"{PREFIX}private-key-secret-name"
ISSUER_NAME = f"{PREFIX}issuer-name"
ISSUER_KIND = f"{PREFIX}issuer-kind"
ISSUER_GROUP = f"{PREFIX}issuer-group"
COMMON_NAME = f"{PREFIX}common-name"
ALT_NAMES = f"{PREFIX}alt-names"
IP_SANS = f"{PREFIX}ip-sans"
URI_SANS = f"{PREFIX}uri-sans"
EMAIL_SANS = f"{PREFIX}email-sans"
SUBJECT_ORGANIZATIONS = f"{PREFIX}subject-organizations"
SUBJECT_ORGANIZATIONAL_UNITS = f"{PREFIX}subject-organizationalunits"
SUBJECT_COUNTRIES = f"{PREFIX}subject-countries"
SUBJECT_PROVINCES = f"{PREFIX}subject-provinces"
SUBJECT_LOCALITIES = f"{PREFIX}subject-localities"
SUBJECT_STREET_ADDRESSES = f"{PREFIX}subject-streetaddresses"
SUBJECT_POSTAL_CODES = f"{PREFIX}subject-postalcodes"
SUBJECT_SERIAL_NUMBER = f"{PREFIX}subject-serialnumber"

NEXT_PRIVATE_KEY_LABEL = f"{PREFIX}next-private-key"
CONTROLLER_LABEL = "controller.cert-manager.io/fao"  # "for attention of": on each Secret that the controller looks at
