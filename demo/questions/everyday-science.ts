/** What people ask about food, bees and vaccines, by article and section. */
export const everydayScience = {
  'vaccines.md': {
    'training-the-immune-system': [
      'How long does protection take to build up after a vaccine dose?',
      'What are memory cells for?',
    ],
    'jenner-and-cowpox': [
      'Whom did Edward Jenner vaccinate first?',
      'Where does the word vaccine come from?',
      'Who invented vaccines?',
    ],
    'the-end-of-smallpox': [
      'When was the world declared free of smallpox?',
      'Who was the last person to catch smallpox naturally?',
    ],
    polio: ['In which countries is wild poliovirus endemic?', 'When was the polio vaccine of Salk licensed?'],
    'messenger-rna': ['Which mRNA vaccine was authorised first?', 'Who received the Nobel Prize for mRNA?'],
    'herd-immunity': ['How many people must be immune to stop measles?'],
    malaria: ['Which malaria vaccines are recommended?', 'How many doses does the malaria vaccine need?'],
    'the-cold-chain': ['At which temperature must vaccines be kept?'],
  },
  'bread.md': {
    'bakers-percentages': [
      'What is the hydration of a dough with 700 g of water and 1,000 g of flour?',
      'How much salt goes into bread dough?',
    ],
    gluten: ['How much protein has bread flour?', 'Which proteins form gluten?'],
    yeast: [
      'At which temperature does yeast die?',
      'How much instant yeast replaces fresh yeast?',
      'What makes a bread dough rise?',
    ],
    sourdough: ['How acid is a ripe sourdough starter?', 'How long does a new sourdough starter take?'],
    'crust-and-steam': [
      'Why is steam used in baking a loaf?',
      'Who described the Maillard reaction?',
      'How hot is the oven for a loaf of bread with a brown crust?',
    ],
    staling: [
      'Why does bread go stale faster in the refrigerator?',
      'How do I keep bread fresh, in the refrigerator or in the freezer?',
    ],
    'sliced-bread': ['When was sliced bread first sold?', 'When did the United States ban sliced bread?'],
  },
  'tea.md': {
    'one-plant-many-teas': ['What is the difference between green and black tea?'],
    brewing: ['How hot should the water for green tea be?', 'How does ISO 3103 say to prepare tea?'],
    caffeine: [
      'How much caffeine is in a cup of black tea?',
      'How much caffeine a day is safe for adults?',
      'Does tea or coffee keep one awake longer?',
    ],
    'the-boston-tea-party': ['How many chests of tea were thrown overboard in Boston?'],
    'robert-fortune': [
      'How many tea plants did Robert Fortune ship?',
      'Who found out that green tea and black tea come from one plant?',
    ],
    'the-tea-bag': [
      'Who received the first patent on a tea bag?',
      'When did Tetley bring tea bags to the United Kingdom?',
    ],
    ceylon: ['Why did planters in Ceylon turn from coffee to tea?'],
    'tea-day': ['When is International Tea Day?', 'Which country grows the most tea?'],
  },
  'honey-bees.md': {
    'the-colony': [
      'How many eggs does a queen lay a day?',
      'How many workers live in a colony in summer?',
      'What are the larvae of a queen bee fed?',
      'Are worker bees male or female?',
    ],
    'from-egg-to-bee': [
      'How many days does a worker bee need from egg to adult?',
      'How warm is the brood nest?',
    ],
    'the-waggle-dance': [
      'What does the waggle dance tell about the distance?',
      'With whom did Karl von Frisch share the Nobel Prize?',
    ],
    'making-honey': ['How much honey does a worker make in her life?', 'How much water is in ripe honey?'],
    'how-long-bees-live': ['How long do winter bees live?', 'How old does a queen get?'],
    varroa: [
      'Does Australia have the varroa mite?',
      'Where does the mite Varroa destructor come from?',
      'What is the greatest danger to bees?',
    ],
    'the-modern-hive': ['How wide is the bee space?', 'When did Langstroth receive his patent?'],
    pollination: ['How many hives go to the almond orchards of California?'],
  },
};
