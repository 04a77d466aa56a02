const list = (text: string) => text.trim().split(/\s*\|\s*/)

export const firstNames = list(
  `Amelia|Noah|Sofia|Luca|Freya|Jonas|Camille|Mateo|Ingrid|Tomasz|Priya|Oskar|Beatriz|Emil|Zoé|Henrik|Aisha|Piotr|Clara|Ruben|Maja|Théo|Elena|Lars|Nadia|Hugo|Katarzyna|Finn|Marta|Olivier|Sanna|Diego|Hana|Pieter|Lucía|Anders|Yara|Stefan|Giulia|Declan|Mei|Rafael|Astrid|Kofi|Isabel|Mikko|Leila|Gareth|Chiara|Viktor`,
)
export const lastNames = list(
  `Ashdown|Bergström|Castellano|Dubois|Eriksen|Ferreira|Grünwald|Hartley|Iversen|Janssen|Kowalski|Lindqvist|Moreau|Novák|O’Rourke|Pellegrini|Quintana|Rasmussen|Schreiber|Tanaka|Urbina|Van den Berg|Whitcombe|Xavier|Yilmaz|Zielińska|Alder|Brennan|Carvalho|Dahl|Esposito|Fontaine|Gallagher|Haugen|Imhof|Järvinen|Keller|Laurent|Marchetti|Nyberg|Okafor|Petrov|Reuter|Santoro|Thorne|Varga|Wójcik|Achterberg|Bianchi|Cervantes`,
)
export const jobTitles = list(
  `Head of Operations|Chief Financial Officer|Purchasing Manager|IT Director|Managing Director|Head of Sales|Product Manager|Chief of Staff|Marketing Lead|Data Protection Officer|Plant Manager|VP Customer Success|Office Manager|Head of Logistics|Software Architect|Finance Controller`,
)
export const products = list(
  `Annual plan|Pilot|Rollout, phase 1|Rollout, phase 2|Renewal|Support contract|Extra seats|Migration|Training days|Integration project`,
)
export const taskTitles = list(
  `Call about the offer|Send revised quote|Prepare the demo|Ask for the purchase order|Follow up after the meeting|Check the contract with legal|Book a site visit|Introduce the onboarding team|Collect the requirements|Update the forecast`,
)
/** Notes: title, then what was written. */
export const notes: [title: string, body: string][] = [
  [
    'First call',
    'They use spreadsheets today and lose track of who promised what. Budget is decided in the last quarter.\n\nNext step: a demo with the sales team.',
  ],
  [
    'Demo went well',
    'Four people joined. Most questions were about permissions and about undoing mistakes. They want to see it with their own data.',
  ],
  [
    'Pricing discussion',
    'They compare us with two others. Price matters less than the time to get going. A yearly payment is fine for them.',
  ],
  [
    'Security review',
    'Sent the questionnaire. Their data protection officer wants hosting inside the EU and a record of every access.',
  ],
  [
    'Reference wanted',
    'Asked for a customer of similar size that they could talk to. Suggested one in the same industry.',
  ],
  [
    'Delayed',
    'A reorganisation puts the decision off by a few weeks. The contact stays the same. Call again after the holidays.',
  ],
  [
    'Lunch at the fair',
    'Met by chance. Happy with the start, would like more seats for the second team next year.',
  ],
  [
    'Kick-off',
    'Project team introduced, weekly call on Tuesdays at ten. First data import planned for next week.',
  ],
]
