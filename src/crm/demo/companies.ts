import { words } from '../fields/text-rules.ts'

/** Invented companies: name | industry | city | country | employees | yearly revenue in thousand euro. */
const table = `
Brightwater Energy|energy|Aberdeen|United Kingdom|420|61000
Halvorsen Freight|logistics|Bergen|Norway|860|142000
Pinecrest Clinics|health|Leeds|United Kingdom|310|38000
Lumen & Loom|retail|Manchester|United Kingdom|95|12400
Quillfeather Press|media|Edinburgh|United Kingdom|64|7800
Castellan Bank|finance|Frankfurt|Germany|2400|510000
Orchard Robotics|manufacturing|Stuttgart|Germany|180|27500
Nebelwerk|software|Berlin|Germany|75|9100
Tidemark Analytics|software|Hamburg|Germany|130|18700
Silberbach Optics|manufacturing|Jena|Germany|540|88000
Atelier Vauban|retail|Lyon|France|48|5200
Groupe Mirandel|logistics|Marseille|France|1250|203000
Cinq Rivières|energy|Toulouse|France|290|47000
Papillon Santé|health|Paris|France|870|126000
École Ouverte|education|Nantes|France|140|9900
Fabbrica Torino Nord|manufacturing|Turin|Italy|620|97000
Lago Verde|retail|Como|Italy|85|11300
Studio Ponente|media|Genoa|Italy|37|3900
Banca del Faro|finance|Trieste|Italy|710|164000
Olivar Sistemas|software|Seville|Spain|110|14200
Costa Clara Hoteles|other|Málaga|Spain|930|118000
Redes del Ebro|energy|Zaragoza|Spain|365|54000
Clínica Montaraz|health|Bilbao|Spain|225|29000
Tejo Labs|software|Lisbon|Portugal|58|6700
Azulejo Commerce|retail|Porto|Portugal|72|8800
Windmolen Data|software|Utrecht|Netherlands|96|13900
Polderlijn|logistics|Rotterdam|Netherlands|1480|260000
Van Aalst Instruments|manufacturing|Eindhoven|Netherlands|430|71000
Grachten Capital|finance|Amsterdam|Netherlands|150|44000
Leuven Leerhuis|education|Leuven|Belgium|88|7400
Ardenne Pharma|health|Liège|Belgium|670|139000
Nordlys Media|media|Oslo|Norway|120|16800
Fjellheim Outdoor|retail|Trondheim|Norway|210|33000
Skagen Shipping|logistics|Aarhus|Denmark|540|92000
Kornblomst Foods|manufacturing|Odense|Denmark|330|51000
Smedjan Systems|software|Gothenburg|Sweden|145|22600
Björkdal Furniture|manufacturing|Växjö|Sweden|390|58000
Aurora Learning|education|Uppsala|Sweden|66|6100
Saimaa Software|software|Tampere|Finland|82|10500
Kuusi Care|health|Helsinki|Finland|480|63000
Baltic Beacon|logistics|Tallinn|Estonia|175|24000
Daugava Digital|software|Riga|Latvia|54|4800
Amber Coast Media|media|Vilnius|Lithuania|41|3600
Wisła Works|manufacturing|Kraków|Poland|760|84000
Sowa Finance|finance|Warsaw|Poland|340|69000
Zielona Energia|energy|Gdańsk|Poland|415|57000
Moravian Machines|manufacturing|Brno|Czechia|520|73000
Vltava Ventures|finance|Prague|Czechia|62|15500
Edelweiss Medical|health|Innsbruck|Austria|255|36000
Donau Logistik|logistics|Linz|Austria|690|105000
Alpenblick Software|software|Zürich|Switzerland|125|31000
Lac Bleu Assurances|finance|Geneva|Switzerland|380|128000
Shannon Softworks|software|Limerick|Ireland|98|15200
Claddagh Creamery|manufacturing|Galway|Ireland|160|21000
Maple Ridge Health|health|Toronto|Canada|590|98000
Prairie Grid|energy|Calgary|Canada|720|133000
Harborlight Studios|media|Boston|United States|115|19800
Copperline Logistics|logistics|Denver|United States|980|171000
Juniper Hollow Schools|education|Portland|United States|240|26000
Stonebridge Ledger|finance|Chicago|United States|460|112000`

export type DemoCompany = {
  name: string
  industry: string
  city: string
  country: string
  employees: number
  revenue: number
  /** The part of its domain before `.example`. */
  host: string
}

export const demoCompanies: DemoCompany[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', industry = '', city = '', country = '', employees = '', revenue = ''] = line.split('|')
    const host = words(name).join('-')
    return { name, industry, city, country, employees: Number(employees), revenue: Number(revenue), host }
  })
