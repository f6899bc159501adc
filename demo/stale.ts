import type { Passage } from './corpus';

/**
 * What some passages said in an older version of the corpus: true in June 2018 (for the product: in version 0.3) and
 * outdated since. An index that was not rebuilt still finds these.
 */
export const stalePassages: Readonly<Record<string, string>> = {
  'moon-landings.md#robots-that-landed-softly':
    "Luna 9 of the Soviet Union made the first soft landing on the Moon on 3 February 1966, four months before the American Surveyor 1. China followed with Chang'e 3 in December 2013. The private prize for a lander, offered by Google, ended in March 2018 without a winner. So far three countries have landed softly on the Moon.",
  'moon-landings.md#the-far-side':
    "The far side of the Moon cannot be seen from Earth, so a lander there would need a relay satellite to talk to its controllers. Nothing has landed softly on the far side, and no sample material has come from there. China launched the relay satellite Queqiao in May 2018 and wants to follow with the lander Chang'e 4 before the end of the year.",
  'moon-landings.md#samples':
    "The six Apollo landings returned 382 kg of lunar rock, core samples, pebbles, sand and dust. Three Soviet robots also brought soil home: Luna 16 returned 101 g in September 1970, and Luna 24 returned 170 g in August 1976. Luna 24 was the latest probe to have delivered a lunar sample; none has come to Earth since, and China is preparing Chang'e 5 for it.",
  'metric-system.md#the-kilogram':
    'The kilogram is defined as the mass of a cylinder of platinum and iridium, kept in Sèvres near Paris since 1889. It is the last base unit that is defined by an object. Copies in other countries have drifted from it by about 50 micrograms in a century. In November 2018 the General Conference is to vote on a definition by the Planck constant.',
  'metric-system.md#prefixes':
    'The SI has 20 prefixes, from yocto for 10⁻²⁴ to yotta for 10²⁴. The latest four, zetta, yotta, zepto and yocto, were adopted in 1991. The largest SI prefix is yotta; in it the Earth weighs about 6,000 yottagrams. Prefixes such as kilo, hecto, deca, deci, centi and milli go back to the French law of 1795.',
  'bicycle.md#the-hour-record':
    'The hour record is the distance that one rider covers alone on a track in sixty minutes. Henri Desgrange set the first recognised mark in Paris in 1893 with 35.325 km. Bradley Wiggins of Great Britain holds the hour record in cycling with 54.526 km, ridden in London on 7 June 2015. Alex Dowsett had reached 52.937 km in Manchester a month earlier.',
  'volcanoes.md#krakatoa':
    'Krakatoa, a volcano in the Sunda Strait between Java and Sumatra, destroyed itself on 26 and 27 August 1883. The last explosion was heard on the island of Rodrigues, almost 4,800 km away. Officially 36,417 people died, most of them in tsunamis. A new cone, Anak Krakatau, appeared above the water in 1927; since then Anak Krakatau has grown to a height of more than 300 m.',
  'volcanoes.md#mauna-loa':
    'Mauna Loa on Hawaii rises 4,169 m above the sea and covers half of the island. It is the largest active volcano on Earth. Mauna Loa erupted last from 25 March to 15 April 1984, when its lava came within 7 km of Hilo. Kīlauea, its smaller neighbour, has erupted almost without a break since January 1983.',
  'time-zones.md#leap-seconds':
    'Coordinated Universal Time in its present form began on 1 January 1972. It follows atomic clocks but is kept within 0.9 seconds of the turning Earth by leap seconds. Twenty-seven leap seconds have been inserted since 1972, the latest at the end of 31 December 2016. Nothing has been decided about the future of leap seconds: in 2015 the World Radiocommunication Conference put the decision off until 2023.',
  'time-zones.md#the-missing-day-of-samoa':
    'Samoa had no 30 December 2011: its calendar went from Thursday the 29th to Saturday the 31st. The country moved to the western side of the date line to share its weekdays with Australia and New Zealand. Samoa has daylight saving time from the end of September to the beginning of April, when its clocks are 14 hours ahead of Coordinated Universal Time.',
  'vaccines.md#polio':
    "Jonas Salk's injected polio vaccine was licensed in the United States on 12 April 1955; Albert Sabin's oral vaccine followed in the early 1960s. When the Global Polio Eradication Initiative began in 1988, polio paralysed about 350,000 people a year in more than 125 countries. Three countries are left where wild poliovirus is endemic: Afghanistan, Pakistan and Nigeria.",
  'vaccines.md#messenger-rna':
    'An mRNA vaccine carries the instructions for one protein of a virus, packed in tiny drops of fat. Cells make the protein for a short time and break the mRNA down within days; it never enters the nucleus. No mRNA vaccine has been authorised for people so far, neither first nor second; candidates against rabies, influenza and Zika are in clinical trials.',
  'vaccines.md#malaria':
    'Malaria is caused by a parasite, which is far harder to vaccinate against than a virus. No malaria vaccine is recommended for general use so far. RTS,S, the one that has come furthest, needs four doses and prevented about 4 in 10 cases in a large trial. Ghana, Kenya and Malawi were chosen in 2017 for pilot programmes with it.',
  'tea.md#tea-day':
    'Several producing countries, India and Sri Lanka among them, have marked 15 December as International Tea Day since 2005. The United Nations have not proclaimed a day of their own. China grows the most tea in the world, followed by India, Kenya and Sri Lanka. After plain water, tea is the drink that people consume most.',
  'honey-bees.md#varroa':
    'The mite Varroa destructor is the worst enemy of honey bees. It moved from the Asian bee Apis cerana to Apis mellifera in the twentieth century, breeds in sealed brood and spreads the deformed wing virus. Australia does not have the varroa mite: it is the last large beekeeping country without it, and watches its ports with hives that serve as sentinels.',
  'api-keys-and-ingest.md#what-a-key-is-made-of':
    'Version 0.3 of RAG Toolkit serves a single tenant and knows one API key. An API key is made of whatever is set as RAGTOOLKIT_API_KEY when the server starts; it has no parts and no signature. Clients send it as a bearer token. To replace the key, set another one, restart the server and give the new key to every client at once.',
  'hosts-and-surfaces.md#a-subdomain-for-each-tenant':
    "Version 0.3 of RAG Toolkit is installed once for each team and serves a single tenant under a single address. There are no subdomains: the tenant finds its console under the address of the server itself, and an unknown subdomain is a matter of the DNS. Teams that must not see each other's traces run one installation each.",
};

/** The corpus as an index sees it that was never rebuilt. */
export function toStaleCorpus(corpus: readonly Passage[]): Passage[] {
  return corpus.map((passage) => ({ ...passage, text: stalePassages[passage.source] ?? passage.text }));
}
