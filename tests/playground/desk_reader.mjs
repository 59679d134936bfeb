// What a front desk's system does, by an independent reader: parse the QR's link, send the passcode, decrypt.
// Arguments: the shlink, the passcode, and "location" to take no file in the manifest. Prints JSON.
import { SHLViewer } from "kill-the-clipboard";

const [shlinkURI, passcode, mode] = process.argv.slice(2);
try {
  const viewer = new SHLViewer({ shlinkURI });
  const asked = { recipient: "Front desk", passcode };
  if (mode === "location") asked.embeddedLengthMax = 1;
  const read = await viewer.resolveSHL(asked);
  console.log(JSON.stringify({ flag: viewer.shl.flag, exp: viewer.shl.exp, manifest: read.manifest, resources: read.fhirResources }));
} catch (error) {
  console.log(JSON.stringify({ error: error.constructor.name }));
}
