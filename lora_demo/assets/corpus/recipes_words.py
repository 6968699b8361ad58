"""Words of the recipe sentences: nouns, fixed phrases, acts, and what each food allows."""

# A noun is "German code English". The code gives the German gender m, f, n or p (plural);
# a second letter marks an English number that differs: ps = "Nudeln"/"pasta", mp = "Schnittlauch".

NOUNS = {
    "fat": "Butter f butter; Öl n oil; Olivenöl n olive oil; Rapsöl n canola oil; "
           "Butterschmalz n clarified butter; Sonnenblumenöl n sunflower oil; "
           "Kokosöl n coconut oil; Margarine f margarine; Schweineschmalz n lard",
    "oil": "Olivenöl n olive oil; Rapsöl n canola oil; Walnussöl n walnut oil; "
           "Sesamöl n sesame oil; Sonnenblumenöl n sunflower oil; Leinöl n linseed oil; "
           "Kürbiskernöl n pumpkin seed oil",
    "stock": "Gemüsebrühe f vegetable stock; Fleischbrühe f beef stock; Brühe f stock; "
             "Hühnerbrühe f chicken stock; Fischbrühe f fish stock; Rinderbrühe f beef stock",
    "wine": "Weißwein m white wine; Rotwein m red wine; Portwein m port; "
            "Apfelsaft m apple juice; Sherry m sherry; Marsala m Marsala; Bier n beer; "
            "Apfelwein m hard cider",
    "cream": "Sahne f cream; Kokosmilch f coconut milk; Milch f milk; "
             "Crème fraîche f crème fraîche; Hafermilch f oat milk",
    "rich": "Sahne f cream; Schmand m sour cream; Crème fraîche f crème fraîche; Joghurt m yogurt; "
            "Mascarpone m mascarpone; Frischkäse m cream cheese",
    "warmed": "Sahne f cream; Kokosmilch f coconut milk; Milch f milk; Apfelsaft m apple juice; "
              "Gemüsebrühe f vegetable stock; Hühnerbrühe f chicken stock",
    "dairy": "Joghurt m yogurt; Quark m quark; Schmand m sour cream; Frischkäse m cream cheese; "
             "Mascarpone m mascarpone; Crème fraîche f crème fraîche",
    "spice": "Paprikapulver n paprika; Kreuzkümmel m cumin; Kümmel m caraway; "
             "Muskat m nutmeg; Currypulver n curry powder; Majoran m marjoram; "
             "Thymian m thyme; Kurkuma f turmeric; Oregano m oregano; Rosmarin m rosemary; "
             "Safran m saffron; Bohnenkraut n savory; Chilipulver n chili powder",
    "hot": "Chilipulver n chili powder; Cayennepfeffer m cayenne pepper; Ingwer m ginger; "
           "Meerrettich m horseradish; Chilisoße f chili sauce; Pfeffer m pepper; "
           "Currypaste f curry paste",
    "acid": "Zitronensaft m lemon juice; Essig m vinegar; Limettensaft m lime juice; "
            "Weißweinessig m white wine vinegar",
    "citrus": "Zitronensaft m lemon juice; Limettensaft m lime juice; Knoblauch m garlic",
    "sweet": "Honig m honey; Ahornsirup m maple syrup; Zucker m sugar",
    "zing": "Senf m mustard; Honig m honey; Ahornsirup m maple syrup; Sojasoße f soy sauce",
    "herb": "Petersilie f parsley; Schnittlauch mp chives; Basilikum n basil; Dill m dill; "
            "Koriander m cilantro; Minze f mint; Kerbel m chervil; Estragon m tarragon; "
            "Oregano m oregano; Kresse f garden cress; Liebstöckel m lovage; "
            "Bärlauch m wild garlic; Zitronenmelisse f lemon balm",
    "sprig": "Rosmarin m rosemary; Thymian m thyme; Salbei m sage; Petersilie f parsley; "
             "Majoran m marjoram; Estragon m tarragon; Bohnenkraut n savory",
    "nut": "Walnüsse p walnuts; Mandeln p almonds; Haselnüsse p hazelnuts; "
           "Pinienkerne p pine nuts; Kürbiskerne p pumpkin seeds; "
           "Sonnenblumenkerne p sunflower seeds; Cashews p cashews; Erdnüsse p peanuts; "
           "Pistazien p pistachios; Pekannüsse p pecans; Mandelstifte p slivered almonds",
    "pulse": "Linsen p lentils; Kichererbsen p chickpeas; Erbsen p peas; Bohnen p beans",
    "simmered": "Linsen p lentils; Erbsen p peas; Kartoffeln p potatoes; Möhren p carrots; "
                "Steckrüben p rutabagas",
    "grain": "Reis m rice; Quinoa f quinoa; Hirse f millet; Bulgur m bulgur; "
             "Graupen ps pearl barley; Basmatireis m basmati rice; "
             "Risottoreis m risotto rice; Couscous m couscous; Dinkel m spelt",
    "pasta": "Nudeln ps pasta; Spaghetti ps spaghetti; Bandnudeln ps tagliatelle; "
             "Penne ps penne; Makkaroni ps macaroni; Tortellini ps tortellini; "
             "Spätzle ps spaetzle; Vollkornnudeln ps whole-grain pasta",
    "boiler": "Kartoffeln p potatoes; Nudeln ps pasta; Eier p eggs; Linsen p lentils",
    "soup": "Suppe f soup; Linsensuppe f lentil soup; Kartoffelsuppe f potato soup; "
            "Eintopf m stew; Kürbissuppe f pumpkin soup; Tomatensuppe f tomato soup; "
            "Gemüsesuppe f vegetable soup; Zwiebelsuppe f onion soup; "
            "Hühnersuppe f chicken soup; Spargelsuppe f asparagus soup; "
            "Fischsuppe f fish soup; Erbsensuppe f pea soup; Gulaschsuppe f goulash soup",
    "puree": "Suppe f soup; Kürbissuppe f pumpkin soup; Kartoffelsuppe f potato soup; "
             "Tomatensoße f tomato sauce; Spargelsuppe f asparagus soup; "
             "Brokkolisuppe f broccoli soup",
    "sauce": "Soße f sauce; Bratensoße f gravy; Tomatensoße f tomato sauce; "
             "Pilzsoße f mushroom sauce; Senfsoße f mustard sauce; Käsesoße f cheese sauce; "
             "Currysoße f curry sauce; Weißweinsoße f white wine sauce; "
             "Pfeffersoße f pepper sauce; Béchamelsoße f béchamel sauce; "
             "Rotweinsoße f red wine sauce; Kapernsoße f caper sauce",
    "coat": "Tomatensoße f tomato sauce; Pilzsoße f mushroom sauce; Käsesoße f cheese sauce; "
            "Sahnesoße f cream sauce; Hackfleischsoße f meat sauce; Pesto n pesto",
    "pot": "Gulasch n goulash; Eintopf m stew; Ragout n ragout; Curry n curry; "
           "Tomatensoße f tomato sauce; Chili n chili; Bratensoße f gravy; "
           "Linsensuppe f lentil soup; Sauerkraut n sauerkraut; Erbseneintopf m pea stew; "
           "Pilzragout n mushroom ragout",
    "keeps": "Gulasch n goulash; Eintopf m stew; Linsensuppe f lentil soup; Chili n chili; "
             "Tomatensoße f tomato sauce; Rotkohl m red cabbage; Ragout n ragout; "
             "Rouladen p beef roulades",
    "jar": "Pesto n pesto; Dressing n dressing; Kräuterbutter f herb butter; "
           "Apfelmus n applesauce; Kompott n compote; Hummus m hummus; Chutney n chutney; "
           "Marmelade f jam; Kräuterquark m herb quark; Mayonnaise f mayonnaise; "
           "Pflaumenmus n plum butter",
    "main": "Schnitzel p schnitzels; Hähnchen n chicken; Gulasch n goulash; Braten m roast; "
            "Frikadellen p meatballs; Rouladen p beef roulades; Ente f duck; "
            "Lammkeule f leg of lamb; Kaninchen n rabbit; Bratwürste p bratwursts; "
            "Schweinebraten m roast pork; Kalbsbraten m roast veal; Gans f goose; "
            "Kohlrouladen p cabbage rolls; Sauerbraten m sauerbraten; "
            "Fischfilets p fish fillets",
    "roast": "Braten m roast; Entenbrust f duck breast; Lammkeule f leg of lamb; "
             "Steaks p steaks; Schweinefilet n pork tenderloin; Roastbeef n roast beef; "
             "Putenbrust f turkey breast; Schweinebraten m roast pork; "
             "Kalbsbraten m roast veal; Ente f duck; Hähnchen n chicken; Truthahn m turkey",
    "flat": "Schnitzel p schnitzels; Steaks p steaks; Koteletts p chops; Forellen p trout; "
            "Zanderfilet n pike-perch fillet; Lachsfilet n salmon fillet; "
            "Kabeljaufilet n cod fillet; Rindersteaks p beef steaks; "
            "Kalbsschnitzel p veal schnitzels; Schollen p plaice; Frikadellen p meatballs",
    "juicy": "Fleisch n meat; Fisch m fish; Hähnchenbrust f chicken breast; Steaks p steaks; "
             "Lachsfilet n salmon fillet; Putenbrust f turkey breast; Koteletts p chops",
    "marinee": "Fleisch n meat; Hähnchenkeulen p chicken legs; Lammkoteletts p lamb chops; "
               "Tofu m tofu; Schweinesteaks p pork steaks; Putenbrust f turkey breast",
    "side": "Reis m rice; Kartoffelpüree np mashed potatoes; Kartoffelsalat m potato salad; "
            "Gurkensalat m cucumber salad; Bratkartoffeln p fried potatoes; "
            "Weißbrot n white bread; Knödel p dumplings; Baguette n baguette; "
            "Pommes frites p French fries; Spätzle ps spaetzle; Polenta f polenta; "
            "Ofengemüse np roasted vegetables; Sauerkraut n sauerkraut; "
            "Tomatensalat m tomato salad",
    "classic": "Kartoffelpüree np mashed potatoes; Salzkartoffeln p boiled potatoes; "
               "Knödel p dumplings; Bratkartoffeln p fried potatoes; Rotkohl m red cabbage; "
               "Gurkensalat m cucumber salad",
    "salad": "Gurken p cucumbers; Tomaten p tomatoes; Radieschen p radishes; "
             "Kichererbsen p chickpeas; Oliven p olives; Paprikastreifen p pepper strips; "
             "Kartoffeln p potatoes; Mais m corn; Avocados p avocados; Äpfel p apples; "
             "Bohnen p beans; Zwiebelringe p onion rings; Fetawürfel p feta cubes",
    "bowl": "Salat m salad; Nudelsalat m pasta salad; Kartoffelsalat m potato salad; "
            "Gurkensalat m cucumber salad; Bohnensalat m bean salad; "
            "Tomatensalat m tomato salad; Reissalat m rice salad; "
            "Rohkostsalat m raw vegetable salad; Linsensalat m lentil salad; "
            "Feldsalat m lamb's lettuce",
    "steeped": "Nudelsalat m pasta salad; Kartoffelsalat m potato salad; Krautsalat m coleslaw; "
               "Bohnensalat m bean salad; Linsensalat m lentil salad",
    "pudding": "Obstsalat m fruit salad; Milchreis m rice pudding; Kompott n compote; "
               "Grießbrei m semolina pudding; Quarkcreme f quark cream; Joghurt m yogurt; "
               "Vanillepudding m vanilla pudding; Panna cotta f panna cotta; "
               "Haferbrei m oatmeal; Vanillecreme f vanilla cream",
    "layer": "Kartoffeln p potatoes; Zucchini p zucchini; Auberginen p eggplants; "
             "Tomaten p tomatoes; Lasagneblätter p lasagna sheets; Kürbisscheiben p pumpkin slices",
    "flour": "Speisestärke f cornstarch; Kakao m cocoa; Backpulver n baking powder; "
             "Zucker m sugar; Vanillezucker m vanilla sugar; Natron n baking soda; "
             "Zimt m cinnamon; Grieß m semolina; Lebkuchengewürz n gingerbread spice; "
             "Mohn m poppy seeds",
    "sifted": "Mehl n flour; Speisestärke f cornstarch; Kakao m cocoa; "
              "Puderzucker m powdered sugar",
    "binder": "Speisestärke f cornstarch; Kartoffelstärke f potato starch; Mehl n flour; "
              "Mehlbutter f beurre manié",
    "foam": "Eischnee m beaten egg whites; Eimasse f egg mixture; Quarkmasse f quark mixture",
    "sugar": "Zucker m sugar; Puderzucker m powdered sugar; Honig m honey; "
             "Vanillezucker m vanilla sugar",
    "measured": "Mehl n flour; Dinkelmehl n spelt flour; Zucker m sugar; "
                "Haferflocken p rolled oats; Grieß m semolina; Puderzucker m powdered sugar; "
                "Roggenmehl n rye flour; Vollkornmehl n whole-grain flour; Butter f butter; "
                "Reis m rice; Schokolade f chocolate; Paniermehl n breadcrumbs",
    "bought": "Kartoffeln p potatoes; Spinat m spinach; Rindfleisch n beef; Möhren p carrots; "
              "Hackfleisch n ground meat; Spargel m asparagus; Champignons p mushrooms; "
              "Rosenkohl mp Brussels sprouts",
    "yeasty": "Teig m dough; Hefeteig m yeast dough; Brotteig m bread dough; "
              "Pizzateig m pizza dough",
    "rolled": "Teig m dough; Mürbeteig m shortcrust dough; Nudelteig m pasta dough; "
              "Hefeteig m yeast dough; Pizzateig m pizza dough; Plätzchenteig m cookie dough; "
              "Strudelteig m strudel dough; Blätterteig m puff pastry; "
              "Lebkuchenteig m gingerbread dough",
    "crumbly": "Teig m dough; Mürbeteig m shortcrust dough; Nudelteig m pasta dough; "
               "Plätzchenteig m cookie dough",
    "batter": "Rührteig m cake batter; Schokoladenteig m chocolate batter; Nussteig m nut batter; "
              "Biskuitteig m sponge batter; Quarkmasse f quark mixture",
    "add": "Rosinen p raisins; Kirschen p cherries; Blaubeeren p blueberries; "
           "Walnüsse p walnuts; Schokostückchen p chocolate chips; Mandeln p almonds; "
           "Apfelstücke p apple pieces; Haselnüsse p hazelnuts; Himbeeren p raspberries; "
           "Aprikosen p apricots; Birnenwürfel p pear cubes",
    "cake": "Kuchen m cake; Apfelkuchen m apple cake; Zitronenkuchen m lemon cake; "
            "Nusskuchen m nut cake; Marmorkuchen m marble cake; "
            "Schokoladenkuchen m chocolate cake; Käsekuchen m cheesecake; "
            "Möhrenkuchen m carrot cake; Mohnkuchen m poppy seed cake; "
            "Kirschkuchen m cherry cake; Rhabarberkuchen m rhubarb cake",
    "biscuit": "Plätzchen p cookies; Haferkekse p oatmeal cookies; "
               "Butterkekse p butter cookies; Kekse p cookies; "
               "Schokoladenkekse p chocolate cookies; Makronen p macaroons; "
               "Zimtsterne p cinnamon stars",
    "gratin": "Auflauf m casserole; Kartoffelgratin n potato gratin; "
              "Nudelauflauf m pasta casserole; Lasagne f lasagna; Quiche f quiche; "
              "Zwiebelkuchen m onion tart; Gemüseauflauf m vegetable casserole; "
              "Pizza f pizza; Blumenkohlgratin n cauliflower gratin; "
              "Kartoffelauflauf m potato casserole",
    "bread": "Brot n bread; Roggenbrot n rye bread; Dinkelbrot n spelt bread; "
             "Weißbrot n white bread; Bauernbrot n farmhouse bread; "
             "Vollkornbrot n whole-grain bread; Sauerteigbrot n sourdough bread; "
             "Baguette n baguette; Ciabatta n ciabatta",
    "treat": "Pfannkuchen p pancakes; Waffeln p waffles; Apfelstrudel m apple strudel; "
             "Apfelkuchen m apple cake; Pflaumenkuchen m plum cake; "
             "Kaiserschmarrn m kaiserschmarrn",
    "scoop": "Vanilleeis n vanilla ice cream; Vanillesoße f vanilla sauce; "
             "Schlagsahne f whipped cream; Beerenkompott n berry compote; "
             "Preiselbeeren p lingonberries",
    "tin": "Springform f springform pan; Kastenform f loaf pan; Backform f baking pan; "
           "Gugelhupfform f bundt pan",
    "grease": "Butter f butter; Öl n oil; Butterschmalz n clarified butter",
    "crumb": "Semmelbrösel p breadcrumbs; Mehl n flour; Grieß m semolina; Zucker m sugar",
    "cheese": "Parmesan m Parmesan; Bergkäse m mountain cheese; Gouda m Gouda; "
              "Emmentaler m Emmental; Cheddar m cheddar; Pecorino m pecorino; "
              "Gruyère m Gruyère; Ziegenkäse m goat cheese",
    "topping": "Käse m cheese; Kruste f crust; Oberfläche f surface; Semmelbrösel p breadcrumbs",
    "aromatic": "Zwiebeln p onions; Schalotten p shallots; Zwiebelwürfel p diced onions",
    "joins": "Knoblauch m garlic; Möhren p carrots; Ingwer m ginger; Lauch m leek; "
             "Staudensellerie m celery; Knollensellerie m celeriac; "
             "Petersilienwurzeln p parsley roots; Paprikawürfel p diced bell peppers; "
             "Speckwürfel p diced bacon; Fenchel m fennel",
    "basic": "Salz n salt; Pfeffer m pepper; Meersalz n sea salt; Kräutersalz n herb salt",
    "rub": "Paprikapulver n paprika; Pfeffer m pepper; Thymian m thyme; Rosmarin m rosemary; "
           "Currypulver n curry powder; Zitronenpfeffer m lemon pepper",
    "roll": "Brötchen p rolls; Brezeln p pretzels; Milchbrötchen p milk rolls; "
            "Rosinenbrötchen p raisin rolls",
    "steamy": "Möhren p carrots; Erbsen p peas; Zuckerschoten p snow peas; Bohnen p beans; "
              "Brokkoli m broccoli; Blumenkohl m cauliflower; Zucchini p zucchini; "
              "Rosenkohl mp Brussels sprouts; Kohlrabi m kohlrabi; Maiskölbchen p baby corn",
    "powder": "Puderzucker m powdered sugar; Kakao m cocoa; Zimtzucker m cinnamon sugar",
    "lemonlike": "Zitrone f lemon; Orange f orange; Limette f lime; Grapefruit f grapefruit; "
                 "Zitronen p lemons; Orangen p oranges",
    "breaded": "Schnitzel p schnitzels; Hähnchenbrust f chicken breast; "
               "Auberginenscheiben p eggplant slices; Kabeljaufilet n cod fillet; "
               "Selleriescheiben p celeriac slices",
    "skinned": "Lachsfilet n salmon fillet; Entenbrust f duck breast; "
               "Zanderfilet n pike-perch fillet; Forellenfilets p trout fillets; "
               "Hähnchenkeulen p chicken legs",
    "boat": "Zucchini p zucchini; Auberginen p eggplants; Paprikaschoten p bell peppers; "
            "Süßkartoffeln p sweet potatoes",
    "seed": "Koriandersamen p coriander seeds; Pfefferkörner p peppercorns; "
            "Fenchelsamen p fennel seeds; Wacholderbeeren p juniper berries; Nelken p cloves; "
            "Kümmel m caraway",
    "burnt": "Knoblauch m garlic; Butter f butter; Zwiebeln p onions; Paprikapulver n paprika; "
             "Karamell m caramel; Mandeln p almonds",
    "chocolate": "Schokolade f chocolate; Zartbitterschokolade f dark chocolate; "
                 "Vollmilchschokolade f milk chocolate; Kuvertüre f couverture; Nougat m nougat",
    "fruit": "Äpfel p apples; Kirschen p cherries; Pflaumen p plums; Aprikosen p apricots; "
             "Birnen p pears; Beeren p berries; Rhabarberstücke p rhubarb pieces; "
             "Streusel p crumbs; Himbeeren p raspberries; Zwetschgen p plums; "
             "Stachelbeeren p gooseberries; Heidelbeeren p blueberries; Pfirsiche p peaches",
    "airy": "Soufflé n soufflé; Biskuit m sponge cake; Windbeutel p cream puffs; "
            "Käsekuchen m cheesecake",
    "berry": "Erdbeeren p strawberries; Himbeeren p raspberries; "
             "Johannisbeeren p red currants; Brombeeren p blackberries; Kirschen p cherries; "
             "Aprikosen p apricots; Stachelbeeren p gooseberries; Mirabellen p mirabelles; "
             "Pfirsiche p peaches; Quitten p quinces",
    "leafy": "Salat m lettuce; Spinat m spinach; Rucola m arugula; "
             "Feldsalat m lamb's lettuce; Kräuter p herbs; Mangold m Swiss chard; "
             "Endivien p endives; Grünkohl m kale; Kopfsalat m butter lettuce; "
             "Chinakohl m napa cabbage",
    "torn": "Mozzarella m mozzarella; Schinken m ham; Räucherlachs m smoked salmon; "
            "Rucola m arugula; Basilikumblätter p basil leaves",
    "pizza": "Pizza f pizza; Flammkuchen m tarte flambée; Fladenbrote p flatbreads",
    "swell": "Couscous m couscous; Bulgur m bulgur; Quinoa f quinoa; Hirse f millet; Reis m rice",
    "skewer": "Fleischwürfel p meat cubes; Garnelen p shrimp; Tofuwürfel p tofu cubes; "
              "Lachswürfel p salmon cubes; Würstchen p sausages",
    "threaded": "Paprikastücke p pepper pieces; Zwiebelspalten p onion wedges; "
                "Zucchinischeiben p zucchini slices; Kirschtomaten p cherry tomatoes; "
                "Champignons p mushrooms",
    "frozen": "Lachsfilet n salmon fillet; Hackfleisch n ground meat; Garnelen p shrimp; "
              "Beeren p berries; Blätterteig m puff pastry; Brühe f stock; Gans f goose",
    "scald": "Tomaten p tomatoes; Pfirsiche p peaches; Mandeln p almonds; Aprikosen p apricots",
    "meaty": "Speck m bacon; Hackfleisch n ground meat; Hähnchenbrust f chicken breast; "
             "Rindfleisch n beef; Schinken m ham; Wurst f sausage; Schweinefleisch n pork; "
             "Thunfisch m tuna; Putenbrust f turkey breast",
    "veggie": "Tofu m tofu; Linsen p lentils; Champignons p mushrooms; "
              "Kichererbsen p chickpeas; Räuchertofu m smoked tofu; Bohnen p beans; "
              "Auberginen p eggplants; Feta m feta; Seitan m seitan",
    "plant": "Hafersahne f oat cream; Sojasahne f soy cream; Kokosmilch f coconut milk; "
             "Cashewmus n cashew butter; Margarine f margarine; Sojajoghurt m soy yogurt; "
             "Mandelmilch f almond milk",
    "stewed": "Gulasch n goulash; Sauerbraten m sauerbraten; Rouladen p beef roulades; "
              "Ragout n ragout; Lammkeule f leg of lamb; Wildgulasch n venison goulash; "
              "Schweinebraten m roast pork; Rinderbraten m roast beef; Kalbshaxe f veal shank",
    "mushroom": "Champignons p mushrooms; Pfifferlinge p chanterelles; Steinpilze p porcini; "
                "Austernpilze p oyster mushrooms; Kräuterseitlinge p king oyster mushrooms; "
                "Shiitake p shiitake mushrooms",
    "shot": "Rotwein m red wine; Sojasoße f soy sauce; Portwein m port; Kaffee m coffee; "
            "Balsamico m balsamic vinegar",
    "gravy": "Soße f sauce; Bratensoße f gravy; Gulasch n goulash; Ragout n ragout; "
             "Pilzsoße f mushroom sauce",
    "piece": "Ingwer m ginger; Zitronenschale f lemon peel; Zitronengras n lemongrass; "
             "Sellerie m celeriac; Speck m bacon",
    "raw": "Hackfleisch n ground meat; Geflügel n poultry; Fleisch n meat; Fisch m fish; "
           "Hähnchen n chicken; Wurst f sausage",
    "smelly": "Geflügel n poultry; Fisch m fish; Chilischoten p chilies; Knoblauch m garlic; "
              "Zwiebeln p onions; Rindfleisch n beef",
    "ready": "Blätterteig m puff pastry; Pizzateig m pizza dough; Mürbeteig m shortcrust dough; "
             "Hefeteig m yeast dough; Strudelteig m strudel dough",
    "yielded": "Plätzchen p cookies; Muffins p muffins; Brötchen p rolls; Pfannkuchen p pancakes; "
               "Knödel p dumplings; Frikadellen p meatballs",
    "layered": "Tiramisu n tiramisu; Käsekuchen m cheesecake; Torte f layer cake; "
               "Quarkcreme f quark cream; Schokoladenmousse f chocolate mousse",
    "fresh": "Erdbeeren p strawberries; Himbeeren p raspberries; Blaubeeren p blueberries; "
             "Minze f mint; Beeren p berries",
    "danger": "Fett n fat; Öl n oil; Butterschmalz n clarified butter; Karamell m caramel; "
              "Bratensaft m pan juice",
    "rinsed": "Linsen p lentils; Kichererbsen p chickpeas; Reis m rice; Quinoa f quinoa; "
              "Bohnen p beans; Oliven p olives; Blaubeeren p blueberries",
    "stays": "Brot n bread; Salat m salad; Kräuter p herbs; Spargel m asparagus; "
             "Plätzchen p cookies; Kuchen m cake",
    "ball": "Plätzchenteig m cookie dough; Fleischmasse f meat mixture; "
            "Kartoffelteig m potato dough; Linsenmasse f lentil mixture; Fischmasse f fish mixture",
    "scrub": "Kartoffeln p potatoes; Süßkartoffeln p sweet potatoes; Möhren p carrots; "
             "Pastinaken p parsnips",
    "tool": "Schüssel f bowl; Gläser p jars; Schneebesen m whisk; Backform f baking pan; "
            "Messer n knife; Schneidebrett n cutting board; Springform f springform pan",
    "sized": "Kartoffeln p potatoes; Knödel p dumplings; Hähnchenkeulen p chicken legs; "
             "Frikadellen p meatballs; Maiskolben p corn cobs",
    "dunked": "Schnitzel p schnitzels; Frikadellen p meatballs; Steaks p steaks; Braten m roast",
    "starch": "Nudeln ps pasta; Reis m rice; Kartoffeln p potatoes; Bandnudeln ps tagliatelle; "
              "Knödel p dumplings",
    "fillet": "Lachsfilet n salmon fillet; Kabeljaufilet n cod fillet; Forellen p trout; "
              "Zanderfilet n pike-perch fillet; Fischfilets p fish fillets",
    "ware": "Zwiebeln p onions; Kartoffeln p potatoes; Möhren p carrots; "
            "Tomaten p tomatoes; Erbsen p peas; Linsen p lentils; Bohnen p beans; "
            "Pilze p mushrooms; Oliven p olives; Kapern p capers; Kräuter p herbs; "
            "Gewürzgurken p pickles; Sardellen p anchovies; Garnelen p shrimp; "
            "Muscheln p mussels; Maronen p chestnuts; Kichererbsen p chickpeas; "
            "Speckwürfel p diced bacon; Schinken m ham; Knoblauch m garlic; "
            "Ingwer m ginger; Lauch m leek; Spinat m spinach; Kürbis m pumpkin; "
            "Mais m corn; Schafskäse m feta; Fenchel m fennel; Sellerie m celeriac; "
            "Brokkoli m broccoli; Tofu m tofu; Hackfleisch n ground meat; "
            "Rindfleisch n beef; Kalbfleisch n veal; Hähnchenfleisch n chicken; "
            "Gemüse np vegetables; Sauerkraut n sauerkraut; Petersilie f parsley; "
            "Wurst f sausage",
    "course": "Suppe f soup; Soße f sauce; Füllung f filling; Auflauf m casserole; "
              "Eintopf m stew; Gulasch n goulash; Curry n curry; Ragout n ragout; "
              "Quiche f quiche; Lasagne f lasagna; Knödel p dumplings; "
              "Rouladen p beef roulades; Frikadellen p meatballs; "
              "Kohlrouladen p cabbage rolls; Teigtaschen p pastry pockets",
    "sweetware": "Äpfel p apples; Birnen p pears; Kirschen p cherries; Zwetschgen p plums; "
                 "Beeren p berries; Himbeeren p raspberries; Nüsse p nuts; Rosinen p raisins; "
                 "Datteln p dates; Feigen p figs; Mandeln p almonds; Haferflocken p rolled oats; "
                 "Honig m honey; Zucker m sugar; Zimt m cinnamon; Quark m quark; "
                 "Rhabarber m rhubarb; Grieß m semolina; Kakao m cocoa; Mohn m poppy seeds; "
                 "Schokolade f chocolate; Vanille f vanilla; Butter f butter; Milch f milk; "
                 "Sahne f cream; Marmelade f jam; Marzipan n marzipan; Eigelb n egg yolk",
    "sweetdish": "Kuchen m cake; Torte f layer cake; Pfannkuchen p pancakes; Waffeln p waffles; "
                 "Muffins p muffins; Plätzchen p cookies; Strudel m strudel; "
                 "Nachtisch m dessert; Creme f cream; Milchreis m rice pudding; "
                 "Auflauf m casserole; Lebkuchen ps gingerbread; Hefezopf m braided loaf; "
                 "Obstsalat m fruit salad; Pudding m pudding; Hefeteig m yeast dough",
    "meal": "Kartoffelsuppe f potato soup; Nudelsalat m pasta salad; "
            "Gemüsepfanne f vegetable stir-fry; Reispfanne f rice stir-fry; "
            "Risotto n risotto; Käsespätzle ps cheese spaetzle; Kürbissuppe f pumpkin soup; "
            "Ofenkartoffeln p baked potatoes; Bratkartoffeln p fried potatoes; "
            "Rinderbraten m roast beef; Schweinefilet n pork tenderloin; "
            "Linseneintopf m lentil stew; Hähnchencurry n chicken curry; Omelett n omelet; "
            "Rührei np scrambled eggs; Spaghetti ps spaghetti; Flammkuchen m tarte flambée; "
            "Kartoffelpuffer p potato pancakes; Wintersalat m winter salad; "
            "Lachsfilet n salmon fillet; Entenbrust f duck breast; "
            "Lammkoteletts p lamb chops; Kalbsschnitzel p veal schnitzels",
    "season": "Senf m mustard; Honig m honey; Tomatenmark n tomato paste; Sahne f cream; "
              "Butter f butter; Schmand m sour cream; Zitronensaft m lemon juice; "
              "Essig m vinegar; Rotwein m red wine; Meerrettich m horseradish; "
              "Knoblauch m garlic; Zucker m sugar; Pfeffer m pepper; Salz n salt; "
              "Parmesan m Parmesan; Muskat m nutmeg; Paprikapulver n paprika",
    "stored": "Gewürze p spices; Nüsse p nuts; Reis m rice; Tee m tea; Kaffee m coffee; "
              "Linsen p lentils; Haferflocken p rolled oats; Schokolade f chocolate; "
              "Kekse p cookies; Semmelbrösel p breadcrumbs; Salz n salt; Kakao m cocoa",
    "chill": "Butter f butter; Milch f milk; Sahne f cream; Käse m cheese; Fisch m fish; "
             "Hackfleisch n ground meat; Geflügel n poultry; Teig m dough; Joghurt m yogurt; "
             "Pesto n pesto; Mayonnaise f mayonnaise; Wurst f sausage; Eier p eggs; "
             "Beeren p berries; Reste p leftovers",
    "lump": "Teig m dough; Kartoffelteig m potato dough; Hefeteig m yeast dough; "
            "Quarkteig m quark dough; Kloßteig m dumpling dough; Marzipan n marzipan",
    "gear": "Topf m pot; Pfanne f pan; Messer n knife; Schneidebrett n cutting board; "
            "Waffeleisen n waffle iron; Blech n baking sheet; Rost m rack; Sieb n sieve; "
            "Reibe f grater; Mörser m mortar; Schneebesen m whisk; Grill m grill; "
            "Backofen m oven; Nudelholz n rolling pin; Arbeitsfläche f work surface",
    "baked": "Kuchen m cake; Brot n bread; Auflauf m casserole; Brötchen p rolls; "
             "Plätzchen p cookies; Quiche f quiche; Strudel m strudel; Muffins p muffins; "
             "Lasagne f lasagna; Hefezopf m braided loaf",
    "crisped": "Haut f skin; Kruste f crust; Panade f breading; Waffeln p waffles; "
               "Pommes frites p French fries; Zwiebelringe p onion rings; "
               "Brotscheiben p slices of bread; Kartoffelscheiben p potato slices; "
               "Schnitzel p schnitzels; Unterseite f underside",
}

PHRASES = {
    "oven": "25 Minuten=for 25 minutes; 30 Minuten=for 30 minutes; 35 Minuten=for 35 minutes; "
            "40 Minuten=for 40 minutes",
    "n": "zwei=two; drei=three; vier=four",
    "sec": "zwei Minuten=for two minutes; drei Minuten=for three minutes; "
           "vier Minuten=for four minutes",
    "min": "acht Minuten=for eight minutes; zehn Minuten=for ten minutes; "
           "zwölf Minuten=for twelve minutes; 15 Minuten=for 15 minutes",
    "long": "20 Minuten=for 20 minutes; 25 Minuten=for 25 minutes; 30 Minuten=for 30 minutes; "
            "eine halbe Stunde=for half an hour",
    "bake": "40 Minuten=for 40 minutes; 45 Minuten=for 45 minutes; 50 Minuten=for 50 minutes",
    "again": "fünf Minuten=another five minutes; zehn Minuten=another ten minutes; "
             "15 Minuten=another 15 minutes; 20 Minuten=another 20 minutes",
    "hour": "45 Minuten=for 45 minutes; eine Stunde=for one hour",
    "rest": "30 Minuten=for 30 minutes; eine Stunde=for one hour; zwei Stunden=for two hours; "
            "über Nacht=overnight",
    "rise": "30 Minuten=for 30 minutes; 45 Minuten=for 45 minutes; eine Stunde=for one hour; "
            "eine halbe Stunde=for half an hour",
    "days": "drei Tage=for three days; vier Tage=for four days; eine Woche=for one week",
    "weeks": "eine Woche=for one week; zwei Wochen=for two weeks; drei Wochen=for three weeks",
    "warm": "160=160; 170=170; 175=175; 180=180",
    "hotter": "180=180; 190=190; 200=200",
    "hottest": "210=210; 220=220; 230=230",
    "grams": "100=100; 150=150; 200=200; 250=250; 300=300",
    "ml": "100=100; 200=200; 250=250; 400=400; 500=500",
    "serving": "zwei Personen braucht man etwa 300 Gramm=two people, you need about 300 grams; "
               "zwei Personen braucht man etwa 400 Gramm=two people, you need about 400 grams; "
               "vier Personen braucht man etwa 600 Gramm=four people, you need about 600 grams; "
               "vier Personen braucht man etwa 800 Gramm=four people, you need about 800 grams",
    "mm": "drei Millimeter=three millimeters; fünf Millimeter=five millimeters; "
          "einen Zentimeter=one centimeter",
    "rack": "mittleren=middle; unteren=lower; oberen=upper",
    "next": "Zuerst=first,; Danach=after that,; Inzwischen=meanwhile,; Nun=now; "
            "In der Zwischenzeit=in the meantime,; Anschließend=next,",
    "heat": "bei schwacher Hitze=over low heat; bei mittlerer Hitze=over medium heat",
    "dusting": "etwas Mehl=a little more flour; einen Löffel Mehl=another spoonful of flour; "
               "eine Handvoll Mehl=another handful of flour",
    "dust": "Puderzucker=powdered sugar; Zimtzucker=cinnamon sugar; Zucker=sugar",
    "foamy": "die Eier=the eggs; das Eigelb=the egg yolk; das Mehl=the flour; den Quark=the quark; "
             "die gemahlenen Mandeln=the ground almonds; die Milch=the milk",
    "soon": "sofort servieren=serve immediately; heiß servieren=serve hot",
    "wash": "Milch=milk; Eigelb=egg yolk; Wasser=water; flüssiger Butter=melted butter",
    "loaf": "35 Minuten=for 35 minutes; 40 Minuten=for 40 minutes; 45 Minuten=for 45 minutes",
    "lukewarm": "lauwarmem Wasser=lukewarm water; lauwarmer Milch=lukewarm milk; "
                "lauwarmer Buttermilch=lukewarm buttermilk",
    "breading": "Semmelbröseln=breadcrumbs; gemahlenen Mandeln=ground almonds; "
                "geriebenem Parmesan=grated Parmesan; Maismehl=corn flour",
    "filling": "Hackfleisch=ground meat; Couscous=couscous; Reis und Linsen=rice and lentils; "
               "Frischkäse=cream cheese; Spinat und Käse=spinach and cheese",
    "glaze": "Zitronenglasur=lemon glaze; Schokoladenglasur=chocolate glaze; "
             "Zuckerglasur=sugar glaze",
    "spot": "dem Teig=the dough; dem Boden=the base; dem Teigboden=the pastry base; "
            "dem Blech=the baking sheet",
    "count": "acht=eight; zehn=ten; zwölf=twelve; 16=16",
    "laden": "Schinken und Champignons=ham and mushrooms; "
             "Mozzarella und Tomaten=mozzarella and tomatoes; Zwiebeln und Speck=onions and bacon; "
             "Spinat und Schafskäse=spinach and feta",
    "shape": "Quadrate=squares; Streifen=strips; Rechtecke=rectangles; Dreiecke=triangles",
    "stuffing": "Spinat und Schafskäse=spinach and feta; Äpfeln und Zimt=apples and cinnamon; "
                "Schinken und Käse=ham and cheese; Pflaumen und Marzipan=plums and marzipan",
    "eggy": "der Milch=the milk; der Sahne=the cream; dem Quark=the quark; dem Joghurt=the yogurt",
    "pinch": "Salz=salt; Zucker=sugar; Zimt=cinnamon",
    "months": "zwei Monate=two months; drei Monate=three months; sechs Monate=six months",
    "hours": "anderthalb Stunden=an hour and a half; zwei Stunden=two hours; "
             "drei Stunden=three hours",
    "mushcut": "halbieren=halve them; in Stücke schneiden=cut them into pieces; "
               "in Scheiben schneiden=cut them into slices; fein hacken=finely chop them",
    "crunch": "Semmelbröseln=breadcrumbs; gehackten Nüssen=chopped nuts; "
              "Sonnenblumenkernen=sunflower seeds; grob geriebenem Käse=coarsely grated cheese",
    "chilled": "zwei Stunden=two hours; vier Stunden=four hours; sechs Stunden=six hours",
    "shelf": "mittlere=middle; untere=lower; obere=upper",
    "batch": "zwölf=twelve; 16=16; 20=20; 24=24",
    "skinway": "mit der Schale kochen=boil them with their skins on; "
               "mit der Schale im Ofen rösten=roast them in the oven with their skins on; "
               "mit der Schale dämpfen=steam them with their skins on",
    "guests": "vier=four; sechs=six; acht=eight",
    "drink": "Weißwein=white wine; Rotwein=red wine; kühles Bier=cold beer; Apfelsaft=apple juice",
    "takes": "20 Minuten=20 minutes; 25 Minuten=25 minutes; 30 Minuten=30 minutes",
    "covering": "Zitronenscheiben=lemon slices; Tomatenscheiben=tomato slices; "
                "Zwiebelringen=onion rings; Kräutern=herbs",
    "stir": "gut umrühren=stir well; kurz mitdünsten=sweat briefly; "
            "weitere fünf Minuten köcheln lassen=let simmer for another five minutes; "
            "alles aufkochen=bring everything to a boil; "
            "zugedeckt weich garen=cover and cook until soft; "
            "mit Salz und Pfeffer würzen=season with salt and pepper",
    "into": "eine große Schüssel=a large bowl; einen großen Topf=a large pot; "
            "ein feines Sieb=a fine sieve; "
            "eine flache Schale=a shallow bowl; "
            "eine gefettete Auflaufform=a greased baking dish",
    "state": "zu salzig=too salty; zu süß=too sweet; zu sauer=too sour; zu scharf=too spicy; "
             "zu dick=too thick; zu dünn=too thin; noch zu heiß=still too hot; "
             "noch warm=still warm; schon kalt=already cold; sehr würzig=very spicy; "
             "schön cremig=nice and creamy; leicht bitter=slightly bitter; "
             "angenehm mild=pleasantly mild; fertig=done",
    "feel": "zu fest=too firm; zu weich=too soft; zu trocken=too dry; "
            "zu klebrig=too sticky; schön glatt=nice and smooth; "
            "weich und elastisch=soft and elastic; brüchig=crumbly; noch kalt=still cold; "
            "dünn genug=thin enough",
    "stop": "die Masse glatt ist=the mixture is smooth; "
            "der Zucker geschmolzen ist=the sugar has melted; "
            "die Soße eindickt=the sauce thickens; "
            "die Flüssigkeit verdampft ist=the liquid has evaporated; "
            "die Butter schäumt=the butter foams; "
            "keine Klümpchen mehr da sind=there are no more lumps",
    "bit": "die Zwiebeln glasig sind=the onions are translucent; "
           "die Flüssigkeit fast verdampft ist=the liquid has almost evaporated; "
           "das Gemüse weich ist=the vegetables are soft; "
           "das Fleisch zart ist=the meat is tender; die Soße eindickt=the sauce thickens; "
           "die Kartoffeln gar sind=the potatoes are done; "
           "der Reis weich ist=the rice is soft; sich Schaum bildet=foam forms",
    "turn": "den Deckel auflegen=put the lid on; die Hitze reduzieren=reduce the heat; "
            "den Topf vom Herd nehmen=remove the pot from the heat; "
            "die Kräuter zugeben=add the herbs; alles gut umrühren=stir everything well; "
            "die Sahne angießen=pour in the cream; "
            "den Herd ausschalten=switch off the stove; mit Brühe aufgießen=pour in stock; "
            "kräftig würzen=season generously; "
            "ein Stück Butter einrühren=stir in a piece of butter; "
            "den Käse darüberstreuen=sprinkle the cheese on top",
    "harm": "nichts anbrennt=nothing burns; nichts überkocht=nothing boils over; "
            "nichts zusammenklebt=nothing sticks together; "
            "sich die Aromen verbinden=the flavors blend; "
            "alles gleichmäßig gart=everything cooks evenly; "
            "keine Klümpchen entstehen=no lumps form; "
            "die Soße nicht gerinnt=the sauce does not curdle; "
            "sich keine Haut bildet=no skin forms",
    "span": "etwa eine halbe Stunde=about half an hour; "
            "mindestens 20 Minuten=at least 20 minutes; "
            "ungefähr eine Stunde=about one hour; "
            "rund 40 Minuten=about 40 minutes; höchstens 50 Minuten=no more than 50 minutes",
    "place": "kühl=in a cool place; an einem kühlen Ort=in a cool place; "
             "im Kühlschrank=in the refrigerator; im Keller=in the cellar; "
             "gut verpackt=well packed",
    "dryly": "trocken=in a dry place; im Schrank=in the cupboard; in einer Dose=in a tin; "
             "luftdicht=in an airtight container; "
             "in einem verschlossenen Glas=in a closed jar",
    "diner": "Gäste=guests; Kinder=children; Anfänger=beginners; "
             "eine große Runde=a large group; ein Buffet=a buffet; "
             "die ganze Familie=the whole family; kalte Tage=cold days",
    "rinse": "mit heißem Wasser=with hot water; mit einem feuchten Tuch=with a damp cloth; "
             "mit Spülmittel=with dish soap; mit einer Bürste=with a brush; "
             "gleich nach dem Gebrauch=right after use",
    "num": "2=2; 3=3; 4=4; 5=5",
    "ripe": "reif=ripe; weich=soft; süß=sweet; sauer=sour; fest=firm; saftig=juicy",
}

# Actions: key; German infinitive ("an|braten": separable); participle; English verb; participle;
# the rest of the English phrase.
ACTS = """
peel; schälen; geschält; peel; peeled;
wash; waschen; gewaschen; wash; washed;
trim; putzen; geputzt; trim; trimmed;
sort; verlesen; verlesen; pick over; picked over;
rinse; kalt ab|spülen; abgespült; rinse; rinsed; under cold water
dry; trocken tupfen; getupft; pat; patted; dry
shake; trocken schütteln; geschüttelt; shake; shaken; dry
halve; halbieren; halbiert; halve; halved;
quarter; vierteln; geviertelt; quarter; quartered;
core; entkernen; entkernt; core; cored;
seed; entkernen; entkernt; deseed; deseeded;
pit; entsteinen; entsteint; pit; pitted;
dice; würfeln; gewürfelt; dice; diced;
fine; fein würfeln; gewürfelt; finely dice; finely diced;
chop; fein hacken; gehackt; finely chop; finely chopped;
rough; grob hacken; gehackt; coarsely chop; coarsely chopped;
grate; grob raspeln; geraspelt; coarsely grate; coarsely grated;
zest; fein reiben; gerieben; finely grate; finely grated;
shred; fein hobeln; gehobelt; finely shred; finely shredded;
snip; in Röllchen schneiden; geschnitten; snip; snipped; into small rings
rings; in feine Ringe schneiden; geschnitten; cut; cut; into thin rings
strips; in Streifen schneiden; geschnitten; cut; cut; into strips
slices; in Scheiben schneiden; geschnitten; cut; cut; into slices
thin; in dünne Scheiben schneiden; geschnitten; cut; cut; into thin slices
sticks; in Stifte schneiden; geschnitten; cut; cut; into sticks
cubes; in Würfel schneiden; geschnitten; cut; cut; into cubes
pieces; in Stücke schneiden; geschnitten; cut; cut; into pieces
bites; in mundgerechte Stücke schneiden; geschnitten; cut; cut; into bite-sized pieces
wedges; in Spalten schneiden; geschnitten; cut; cut; into wedges
florets; in Röschen teilen; geteilt; divide; divided; into florets
mash; mit einer Gabel zerdrücken; zerdrückt; mash; mashed; with a fork
aside; beiseite|stellen; beiseitegestellt; set; set; aside
glassy; {fat:in dat} glasig dünsten; gedünstet; sweat; sweated; in {fat:the} until translucent
soft; {fat:in dat} weich dünsten; gedünstet; sweat; sweated; in {fat:the} until soft
slow; {heat} {fat:in dat} dünsten; gedünstet; sweat; sweated; in {fat:the} {heat}
brief; kurz {fat:in dat} dünsten; gedünstet; briefly sweat; briefly sweated; in {fat:the}
golden; {fat:in dat} goldbraun braten; gebraten; fry; fried; in {fat:the} until golden brown
sides; {fat:in dat} von beiden Seiten goldbraun braten; gebraten; fry; fried; \
in {fat:the} until golden brown on both sides
quick; {sec} {fat:in dat} braten; gebraten; fry; fried; in {fat:the} {sec}
crisp; in einer heißen Pfanne knusprig braten; gebraten; fry; fried; in a hot pan until crisp
brown; {fat:in dat} rundum an|braten; angebraten; brown; browned; on all sides in {fat:the}
sear; {fat:in dat} scharf an|braten; angebraten; sear; seared; in {fat:the}
mince; {fat:in dat} krümelig an|braten; angebraten; brown; browned; in {fat:the} until crumbly
tender; in Salzwasser weich kochen; gekocht; boil; boiled; in salted water until soft
blanch; {sec} in kochendem Salzwasser blanchieren; blanchiert; blanch; blanched; \
in boiling salted water {sec}
steam; {min} dämpfen; gedämpft; steam; steamed; {min}
roast; {long} bei {hotter} Grad im Ofen rösten; geröstet; roast; roasted; \
in the oven at {hotter} degrees {long}
grill; von beiden Seiten grillen; gegrillt; grill; grilled; on both sides
braise; {hour} {heat} schmoren; geschmort; braise; braised; {heat} {hour}
poach; {min} {stock:in dat} pochieren; pochiert; poach; poached; in {stock:the} {min}
wilt; in einer Pfanne zusammenfallen lassen; ; let; let; wilt in a pan
lemon; mit Zitronensaft beträufeln; beträufelt; drizzle; drizzled; with lemon juice
sugar; mit Zucker bestreuen; bestreut; sprinkle; sprinkled; with sugar
"""

# What each food allows: noun | first steps, done in this order | one cut | one way of cooking it.
FOODS = """
Zwiebeln p onions | peel | fine rings chop | glassy golden soft
Schalotten p shallots | peel | fine chop thin | glassy soft
Knoblauchzehen p garlic cloves | peel | chop thin | brief
Lauch m leek | trim wash | rings strips | soft slow
Frühlingszwiebeln p scallions | trim wash | rings | brief
Möhren p carrots | peel | dice slices sticks grate | slow
Pastinaken p parsnips | peel | sticks slices pieces | soft roast
Petersilienwurzeln p parsley roots | peel | sticks dice | soft roast
Knollensellerie m celeriac | peel | dice sticks | soft steam
Staudensellerie m celery | trim wash | slices dice | soft slow
Kartoffeln p potatoes | peel | cubes halve quarter slices | tender
Süßkartoffeln p sweet potatoes | peel | cubes wedges sticks | roast
Paprikaschoten p bell peppers | wash halve seed | strips cubes | slow roast
Zucchini p zucchini | wash | slices | sides grill roast
Auberginen p eggplants | wash | slices | sides grill roast
Tomaten p tomatoes | wash | dice quarter slices |
Champignons p mushrooms | trim | slices quarter | golden
Pfifferlinge p chanterelles | trim | halve | golden
Brokkoli m broccoli | wash | florets | blanch steam
Blumenkohl m cauliflower | wash | florets | steam roast tender
Rosenkohl mp Brussels sprouts | trim wash | halve | steam roast
Weißkohl m white cabbage | quarter | shred strips | braise
Rotkohl m red cabbage | quarter | shred strips | braise
Wirsing m savoy cabbage | wash quarter | strips | braise
Spinat m spinach | sort wash | rough | wilt blanch
Mangold m Swiss chard | wash | strips | wilt
Bohnen p beans | trim wash | halve | tender
Spargel m asparagus | peel | pieces | steam tender
Fenchel m fennel | trim wash halve | strips | soft roast
Kohlrabi m kohlrabi | peel | sticks slices | slow steam
Kürbis m pumpkin | halve seed | wedges cubes | roast
Steckrüben p rutabagas | peel | dice sticks | tender
Gurken p cucumbers | wash | slices dice |
Radieschen p radishes | trim wash | thin quarter |
Chilischoten p chilies | halve seed | chop strips | brief
Ingwer m ginger | peel | zest chop | brief
Speck m bacon | | dice strips | crisp
Petersilie f parsley | wash shake | chop rough |
Basilikum n basil | wash shake | chop strips |
Dill m dill | wash shake | chop rough |
Koriander m cilantro | wash shake | chop rough |
Minze f mint | wash shake | chop strips |
Schnittlauch mp chives | wash shake | snip |
Äpfel p apples | peel quarter core | slices dice | lemon
Birnen p pears | peel quarter core | slices dice | lemon
Pflaumen p plums | wash halve pit | | sugar
Aprikosen p apricots | wash halve pit | | sugar
Pfirsiche p peaches | wash halve pit | wedges | lemon
Kirschen p cherries | wash pit | | sugar
Erdbeeren p strawberries | wash | halve quarter | sugar
Rhabarber m rhubarb | wash | pieces | sugar
Bananen p bananas | peel | slices mash | lemon
Mangos p mangoes | peel | cubes strips | lemon
Rindfleisch n beef | dry | cubes bites | sear brown
Schweinefleisch n pork | dry | cubes bites strips | sear brown
Lammfleisch n lamb | dry | cubes bites | sear brown
Hähnchenbrust f chicken breast | dry | strips cubes | golden brown
Putenbrust f turkey breast | dry | strips cubes | golden brown
Hähnchenkeulen p chicken legs | dry | | brown
Schweinefilet n pork tenderloin | dry | | sear brown
Forellen p trout | rinse dry | | sides
Lachsfilet n salmon fillet | rinse dry | pieces | sides poach
Kabeljaufilet n cod fillet | rinse dry | pieces | sides poach
Garnelen p shrimp | peel rinse dry | | quick
Tofu m tofu | dry | cubes strips | golden
Hackfleisch n ground meat | | | mince
"""
