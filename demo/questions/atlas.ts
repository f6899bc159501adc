/** What people ask about history and geography, by article and section. */
export const atlas = {
  'moon-landings.md': {
    'first-landing': [
      'When did the first people land on the Moon?',
      'How much rock and soil did Apollo 11 collect?',
    ],
    'twelve-walkers': [
      'How many astronauts walked on the Moon?',
      'Who was the last of the twelve to leave the lunar surface?',
      'Which Apollo commander left the Moon last?',
    ],
    'apollo-13': ['What went wrong on Apollo 13?', 'Which module served the Apollo 13 crew as a lifeboat?'],
    'driving-on-the-moon': ['How far did the rover drive on Apollo 17?'],
    samples: [
      'How much lunar rock did the Apollo landings return?',
      'Which probe delivered a lunar sample in 2020?',
    ],
    'robots-that-landed-softly': [
      'How many countries have landed softly on the Moon?',
      'When did Luna 9 land?',
    ],
    'the-far-side': [
      'Has anything landed on the far side of the Moon?',
      'How much sample material came from the far side?',
    ],
    mirrors: ['How fast does the Moon recede from Earth?', 'How many prisms has the Apollo 15 reflector?'],
  },
  'metric-system.md': {
    'origin-of-the-metre': [
      'How was the metre defined originally, in 1795?',
      'Who measured the arc from Dunkirk to Barcelona?',
    ],
    'the-metre-today': ['What is the definition of the metre today?'],
    'the-kilogram': ['How is the kilogram defined?', 'What was the kilogram before the Planck constant?'],
    'the-metre-convention': ['How many states signed the Metre Convention?'],
    'seven-base-units': ['Which are the base units of the SI?', 'Which base unit joined last?'],
    prefixes: [
      'How many prefixes does the SI have?',
      'What is the largest SI prefix?',
      'How heavy is the Earth in the new units of the SI?',
    ],
    'the-second': ['How many caesium periods make a second?', 'Who built the first caesium clock?'],
    'costly-mix-ups': ['Why was the Mars Climate Orbiter lost?'],
  },
  'bicycle.md': {
    'the-running-machine': ['How far did Karl Drais ride in 1817?', 'How heavy was the running machine?'],
    pedals: ['When did Lallement receive his patent for pedals?'],
    'the-high-wheel': ['Who rode a penny-farthing around the world?'],
    'the-safety-bicycle': ['Who built the Rover safety bicycle?', 'Why was it called the safety bicycle?'],
    'air-in-the-tyres': ['When did Dunlop patent the tyre?', 'Why was the patent of Dunlop invalid?'],
    'tour-de-france': [
      'Who won the first Tour de France?',
      'How many riders finished the first Tour de France?',
    ],
    'the-hour-record': ['What is the hour record in cycling?', 'Who holds the hour record?'],
    gears: ['Since when are derailleurs allowed in the Tour de France?'],
  },
  'panama-canal.md': {
    opening: [
      'When was the Panama Canal opened?',
      'How long does a passage through the canal take?',
      'How many kilometres do ships save with the canal?',
    ],
    'the-french-attempt': ['How many workers died in the French attempt to build the canal?'],
    'yellow-fever': [
      'How did Gorgas fight yellow fever?',
      'How many people died during the American construction?',
    ],
    'old-locks': [
      'How wide are the chambers of the old locks?',
      'How high do the locks lift a ship?',
      'Are ships pulled by locomotives through the canal?',
    ],
    'new-locks': ['How large are the new locks of the canal?', 'When did the third lane open?'],
    'who-owns-it': [
      'Since when does Panama own the canal?',
      'Who signed the treaties on the handover of the canal?',
    ],
    'culebra-cut': ['How long is the Culebra Cut?', 'Who let the water into the canal?'],
    water: ['How much fresh water does a passage use?', 'What did the drought of 2023 mean for ships?'],
    'the-lowest-toll': ['What was the lowest toll ever paid on the canal?'],
  },
  'volcanoes.md': {
    tambora: ['How much height did Tambora lose in 1815?', 'Why was 1816 the year without a summer?'],
    krakatoa: [
      'How far away was Krakatoa heard?',
      'What happened to Anak Krakatau?',
      'Which eruption was larger, Tambora or Krakatoa?',
    ],
    vesuvius: ['When was the latest eruption of Vesuvius?'],
    'mount-st-helens': ['How many people died at Mount St Helens?'],
    pinatubo: [
      'How much did Pinatubo cool the globe?',
      'Which eruption cooled the Earth by half a degree?',
      'Did Pinatubo or Mount St Helens have the higher index?',
    ],
    'explosivity-scale': [
      'How does the Volcanic Explosivity Index work?',
      'How much does an eruption of index 8 eject?',
    ],
    'mauna-loa': [
      'When did Mauna Loa erupt last?',
      'How high is Mauna Loa?',
      'Which volcano is the largest in the world by area and how high is it above the water?',
    ],
    'black-lava': ['How hot is the lava of Ol Doinyo Lengai?'],
    paricutin: ['How high did Parícutin grow?'],
  },
  'time-zones.md': {
    'railway-time-in-britain': ['When did British railways adopt London time?'],
    'the-day-of-two-noons': [
      'What was the day of two noons?',
      'Which act made the American zones law?',
      'When did the railways of America agree on standard time?',
    ],
    'the-meridian-conference': ['How did the nations vote on the Greenwich meridian in 1884?'],
    'sandford-fleming': ['Why did Sandford Fleming think about time zones?'],
    'leap-seconds': [
      'How many leap seconds have been inserted?',
      'What was decided about the future of leap seconds?',
    ],
    'odd-offsets': [
      'How far is Nepal ahead of Coordinated Universal Time?',
      'Which offset do the Line Islands have?',
      'Which time zones are not whole hours?',
    ],
    'the-missing-day-of-samoa': ['Which day is missing in Samoa?', 'Does Samoa have daylight saving time?'],
    'countries-with-many-zones': [
      'Which country has the most time zones?',
      'How many time zones does China use?',
    ],
    'daylight-saving': [
      'Which country introduced daylight saving time first?',
      'When do clocks change in the European Union?',
    ],
  },
};
