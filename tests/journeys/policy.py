"""The policy of every address: who asks, with which method, and what the house answers.

200 a page · 302 leads on (the deed is done, or: sign in first) · 422 the form came empty and says so: he may ·
403 a colleague who may not · 404 nothing here that he may know of · 405 no such method.

A line: address [object], method, one status per column, and after # a word why. HEAD is answered like GET and not written
again. A method without a line is answered 405.
"""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = {
    "vis": "stranger",  # has not signed in
    "nbr": "neighbour_admin",  # administrator of the county next door, at this county's address
    "far": "abroad",  # the same at home: his own county's pages, with this county's ids
    "res": "resident",  # reported the case
    "oth": "other_resident",
    "rid": "rider",
    "mer": "merchant",
    "wrk": "grid_worker",  # of the grid of the case
    "ow": "other_grid_worker",  # of a grid of another community
    "clk": "community_clerk",  # of the community of the case
    "dep": "department",  # its unit was given one case
    "cc": "county_clerk",
    "ldr": "leader",
    "adm": "admin",
}
"""Short heads of the table → persona."""

OBJECTS = """
case        reported by res in the grid of wrk, waiting
elsewhere   reported by oth in the grid of ow, waiting
given       in no grid, given to the unit of dep
asked       reported by res in the grid of wrk, who asked res something
refused     reported by res in the grid of wrk, not admitted by clk
merged      reported by res in the grid of wrk, merged into case
done        reported by res in the grid of wrk, disposed
part        the lead part of dep's unit in the case given
pole        a code hung up in the community of clk
run         an import in which a row was refused
mode        an alert over the street of clk, not of the other streets
exported    a list of which clk asked for a file
batch       one case that clk accepted with others
system      a connected system, open
passbook    of res, issued in the community of clk
webhook     what the connected system is told
entry       an act of res there, confirmed by clk
question    res asks about another act, confirmed by wrk and without points
plea        res appeals against what clk decided about his act
review      that act, laid before clk
callback    that act, to be asked back about by clk
old         a list of old passbooks there, entered by clk
between     an agreement of the communities of clk and ow, proposed by clk
netted      a month between the two
listed      a matter type in force
drafted     a matter type of which only a draft is there
admission   dep's unit asks for it; not decided
street      a street whose list is in force and has a draft; other_street has neither
walk        a patrol of today in the grid of wrk, planned by clk
round       a patrol of today of dep's unit in the community of ow
route       the plan of walk
team        of another department, nobody on its roster
link        of dep's unit with the grid of wrk
station     in the community of clk; wrk is posted there and wrote a visit
leave       of wrk, to come
rule        a routing rule of the whole county, made by cc
trial       the end of it, tried by cc and not saved
briefed     last month's page of the community of clk, as it was sent up
tabled      the monthly table of that community
based       a baseline in force
asked_help  help that res asked for in the community of clk and the grid of wrk, waiting for review
hall        the same, let out into the hall
helped      the same, claimed by oth
wished      a wish of res there, waiting for review
checked     rid, checked for child care by clk
shop        of the community of clk, rid behind its counter
good        on its shelf
reserved    a redemption of res
hairdresser takes part, owned by mer, rid assists
commended   a round of the community of clk, open for nominations
proposed    in it: res, not asked yet whether he agrees
ripe        a round there whose nominations are over, for clk to decide
noticed     oth, chosen by clk, in the public notice
objected    what mer says against it
awarded     an award of res there
counted     what was counted of it
month       its statement
till        takes points, owned by mer, rid assists, in the alliance
taken       points that it took from res today
slip        one that it kept without a network, for clk to judge
alliance    of the community of clk
repaid      3 points that mer says it made good
"""

TABLE = """
── the front door: open to everybody
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
home                                        GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:home                                 GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:healthz                              GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
healthz                                     GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:call                                 GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:emergency                            GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:grid_worker                          GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:open_figures                         GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:open_rows        closed              GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # no word of a report
portal:open_rows        unknown             GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
portal:about                                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
indicators:article                          GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # in the example county everybody's
portal:preferences                          GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:waiting                              GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # the same for everybody: only the phone knows
portal:session                              GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # who is signed in here, told to himself
portal:worker                               GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:manifest                             GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
portal:preferences                          POST 302 302 302 302 302 302 302 302 302 302 302 302 302 302

── report and follow, without an account
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
cases:report                                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:report                                POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:places                                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:beside                                POST 200 200 200 200 200 200 200 200 200 200 200 200 200 200  # shown matters only
cases:progress                              GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:progress                              POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:receipt           case                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # whoever holds the receipt is let in
cases:receipt           unknown             GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
cases:rate              case                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:rate              case                POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:again             case                GET  302 302 302 302 302 302 302 302 302 302 302 302 302 302  # it is still being done: back to the receipt
cases:again             done                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:again             case                POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:answer            case                GET  302 302 302 302 302 302 302 302 302 302 302 302 302 302  # nobody asked: back to the receipt
cases:answer            case                POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:answer            asked               GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:answer            asked               POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:appeal            case                GET  302 302 302 302 302 302 302 302 302 302 302 302 302 302  # nothing was refused
cases:appeal            case                POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:appeal            refused             GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:appeal            refused             POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
cases:urge              case                GET  302 302 302 302 302 302 302 302 302 302 302 302 302 302  # reported just now: back to the receipt
cases:urge              case                POST 409 409 409 409 409 409 409 409 409 409 409 409 409 409  # whoever holds the receipt, some hours later
cases:urge              unknown             POST 404 404 404 404 404 404 404 404 404 404 404 404 404 404
cases:withdraw          case                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
cases:withdraw          case                POST 302 302 302 302 302 302 302 302 302 302 302 302 302 302  # whoever holds the receipt; nobody has to say why
cases:withdraw          unknown             POST 404 404 404 404 404 404 404 404 404 404 404 404 404 404
cases:shared                                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # category, community, state, day
cases:support           case                POST 302 302 302 302 302 302 302 302 302 302 302 302 302 302  # leads back to the list and says what came of it
cases:scan              pole                GET  302 302 302 302 302 302 302 302 302 302 302 302 302 302  # from a pole to a report that knows where it is
cases:scan              unknown             GET  302 302 302 302 302 302 302 302 302 302 302 302 302 302
cases:mine                                  GET  302 200 200 200 200 200 200 200 200 200 200 200 200 200  # a visitor is led to the question by number
cases:my_case           case                GET  404 404 404 302 404 404 404 404 404 404 404 404 404 404  # leads to one's own receipt only

── one's own
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
access:me                                   GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # a visitor learns how to get an account
access:me                                   POST 200 404 422 422 422 422 422 422 422 422 422 422 422 422  # a neighbour's account is nobody here
access:export                               GET  404 404 200 200 200 200 200 200 200 200 200 200 200 200  # one's own data, whoever one is
access:export                               POST 404 404 200 200 200 200 200 200 200 200 200 200 200 200
access:erase                                GET  404 404 200 200 200 200 200 200 200 200 200 200 200 200
access:erase                                POST 404 404 422 422 422 422 422 422 422 422 422 422 422 422
access:choose_county                        GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
access:choose_county                        POST 422 422 422 422 422 422 422 422 422 422 422 422 422 422
access:door                                 GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404  # exists in the example county on this machine only
access:door                                 POST 404 404 404 404 404 404 404 404 404 404 404 404 404 404
notices:list                                GET  302 200 200 200 200 200 200 200 200 200 200 200 200 200  # one's own messages
notices:list                                POST 302 302 302 302 302 302 302 302 302 302 302 302 302 302

── the points bank
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
points:mine                                 GET  302 200 200 302 302 200 200 200 200 200 200 200 200 200  # straight into one's only passbook
points:mine                                 POST 302 403 422 422 422 422 422 422 422 422 422 422 422 422  # opens one's own: of which community?
points:check                                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # tells no name
points:rules                                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
points:reserve                              GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # what stands behind the points is no secret
points:community_reserve community          GET  200 200 404 200 200 200 200 200 200 200 200 200 200 200
points:community_reserve community          POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422  # officers at a counter over the place
points:pace                                 GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
points:pace                                 POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
points:passbook         passbook            GET  302 404 404 200 404 404 404 200 404 200 404 200 404 200  # its holder, family and staff of the place
points:give             passbook            GET  302 404 404 200 404 404 404 200 404 200 404 200 404 200
points:give             passbook            POST 302 404 404 422 404 404 404 422 404 422 404 422 404 422
points:sheet            passbook            GET  302 404 404 200 404 404 404 200 404 200 404 200 404 200
points:lose             passbook            POST 302 404 404 302 404 404 404 302 404 302 404 302 404 302
points:replace          passbook            POST 302 404 404 403 404 404 404 403 404 302 404 302 404 302  # at a counter
points:close            passbook            GET  302 404 404 200 404 404 404 200 404 200 404 200 404 200
points:close            passbook            POST 302 404 404 422 404 404 404 422 404 422 404 422 404 422
points:award            passbook            GET  302 404 404 403 404 404 404 200 404 200 404 200 404 200  # nobody writes his own deeds down
points:award            passbook            POST 302 404 404 403 404 404 404 422 404 422 404 422 404 422
points:reverse          entry               GET  302 404 404 403 404 404 404 403 404 200 404 200 404 200
points:reverse          entry               POST 302 404 404 403 404 404 404 403 404 422 404 422 404 422
points:ask              entry               GET  302 404 404 200 404 404 404 200 404 200 404 200 404 200  # its holder, or staff of the place for him
points:ask              entry               POST 302 404 404 422 404 404 404 422 404 422 404 422 404 422
points:question         question            GET  302 404 404 200 404 404 404 404 404 200 404 200 404 200  # not whoever confirmed it
points:question         question            POST 302 404 404 403 404 404 404 404 404 422 404 422 404 422
points:review           review              GET  302 404 404 404 404 404 404 404 404 200 404 200 404 200  # before a decision nobody whom it concerns
points:review           review              POST 302 404 404 404 404 404 404 404 404 422 404 422 404 422
points:plea             plea                GET  302 404 404 302 404 404 404 404 404 302 404 302 404 302  # to its review: whom it concerns, the desks
points:waiting                              GET  302 404 200 404 404 404 403 403 403 403 403 403 200 200  # whoever oversees the county, without what it is
points:fair                                 GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200  # at a counter
points:callback         callback            GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
points:callback         callback            POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
points:overview                             GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
points:overview_rows                        GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
points:desk                                 GET  302 404 200 404 404 404 403 200 200 200 403 200 403 200
points:desk                                 POST 302 404 422 404 404 404 403 422 422 422 403 422 403 422
points:rule_new                             GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
points:rule_new                             POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
points:budgets                              GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
points:budgets                              POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
points:openings                             GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
points:openings                             POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
points:opening          old                 GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
points:opening          old                 POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422  # nobody reviews what he entered; without a reason nothing is declined

── the points shop
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
exchange:shop                               GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # what there is for points is no secret
exchange:good           good                GET  200 200 404 200 200 200 200 200 200 200 200 200 200 200
exchange:good           good                POST 302 404 404 422 422 422 422 422 422 422 422 422 422 422
exchange:good           unknown             GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
exchange:mine                               GET  302 404 200 200 200 200 200 200 200 200 200 200 200 200  # one's own redemptions
exchange:redemption     reserved            GET  302 404 404 200 404 404 404 404 404 404 404 404 404 404  # its holder only; the counter has a page of its own
exchange:redemption     reserved            POST 302 404 404 302 404 404 404 404 404 404 404 404 404 404
exchange:counter                            GET  302 404 404 404 404 200 404 404 404 200 404 200 404 200  # rid was named to stand behind it
exchange:collect        reserved            GET  302 404 404 404 404 200 404 404 404 200 404 200 404 200
exchange:collect        reserved            POST 302 404 404 404 404 422 404 404 404 422 404 422 404 422
exchange:shelf          good                GET  302 404 404 404 404 200 404 404 404 200 404 200 404 200
exchange:shelf          good                POST 302 404 404 404 404 422 404 404 404 422 404 422 404 422
exchange:acceptance                         GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:acceptance                         POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
exchange:acceptance_rule                    GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
exchange:acceptance_rule                    POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
exchange:agreement      between             GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:agreement      between             POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302  # clk proposed it: the other side agrees
exchange:netting        netted              GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:netting        netted              POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
exchange:shops                              GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200  # far: his own county
exchange:new_shop                           GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:new_shop                           POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
exchange:shop_desk      shop                GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:shop_desk      shop                POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
exchange:new_good       shop                GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:new_good       shop                POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
exchange:change_good    good                GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:change_good    good                POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422

── merchants and discounts
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
exchange:merchants                          GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # who gives what
exchange:apply                              GET  302 404 200 200 200 200 200 200 200 200 200 200 200 200  # anybody who is known may have a shop
exchange:apply                              POST 302 404 422 422 422 422 422 422 422 422 422 422 422 422
exchange:code           hairdresser         GET  302 404 404 200 200 200 200 200 200 200 200 200 200 200  # one's own code, to oneself
exchange:code           hairdresser         POST 302 404 404 302 302 409 409 409 409 409 409 409 409 409  # res takes part and oth was granted it
exchange:till                               GET  302 404 404 404 404 200 200 404 404 404 404 404 404 404  # mer owns the shop, rid assists
exchange:till                               POST 302 404 404 404 404 422 422 404 404 404 404 404 404 404
exchange:my_merchant    hairdresser         GET  302 404 404 404 404 200 200 404 404 404 404 404 404 404
exchange:my_merchant    hairdresser         POST 302 404 404 404 404 422 422 404 404 404 404 404 404 404
exchange:statement      month               GET  302 404 404 404 404 404 200 404 404 200 404 200 404 200  # its owner and the clerks above; never an assistant
exchange:statement      month               POST 302 404 404 404 404 404 422 404 404 422 404 422 404 422
exchange:desk_merchants                     GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:desk_merchant  hairdresser         GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:desk_merchant  hairdresser         POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
exchange:alliances                          GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:alliances                          POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
exchange:grants                             GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:grants                             POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
exchange:pay            till                GET  302 404 404 200 200 200 200 200 200 200 200 200 200 200  # one's own points, to oneself
exchange:pay            till                POST 302 404 404 422 422 422 422 422 422 422 422 422 422 422
exchange:till_points    till                GET  302 404 404 404 404 200 200 404 404 404 404 404 404 404
exchange:till_points    till                POST 302 404 404 404 404 422 422 404 404 404 404 404 404 404
exchange:taken          taken               GET  302 404 404 404 404 200 200 404 404 404 404 404 404 404
exchange:taken          taken               POST 302 404 404 404 404 302 302 404 404 404 404 404 404 404  # voided, on the same day
exchange:slips                              GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:slip           slip                GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:slip           slip                POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
exchange:alliance       alliance            GET  302 404 404 404 404 404 200 403 403 200 403 200 403 200  # mer owns a shop of it
exchange:alliance       alliance            POST 302 404 404 404 404 404 422 403 403 422 403 422 403 422
exchange:repayment      repaid              GET  302 404 404 404 404 404 200 403 403 200 403 200 403 200
exchange:repayment      repaid              POST 302 404 404 404 404 404 422 403 403 422 403 422 403 422
exchange:alliance_members alliance           GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:alliance_members alliance           POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422

── commendations
exchange:honours                            GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # rounds, notices, awards: for everybody
exchange:honour         commended           GET  200 200 404 200 200 200 200 200 200 200 200 200 200 200
exchange:honour         commended           POST 302 404 404 404 404 404 404 404 404 404 404 404 404 404  # nobody was named to be seconded
exchange:honour_nominate commended          GET  302 404 404 200 200 200 200 200 200 200 200 200 200 200  # anybody who is known proposes
exchange:honour_nominate commended          POST 302 404 404 422 422 422 422 422 422 422 422 422 422 422
exchange:honours_mine                       GET  302 404 200 200 200 200 200 200 200 200 200 200 200 200  # one's own
exchange:honour_mine_one proposed           GET  302 404 404 200 404 404 404 404 404 404 404 404 404 404
exchange:honour_mine_one proposed           POST 302 404 404 422 404 404 404 404 404 404 404 404 404 404
exchange:honour_object  noticed             GET  302 404 404 200 404 200 200 200 200 200 200 200 200 200  # oth himself does not
exchange:honour_object  noticed             POST 302 404 404 422 404 422 422 422 422 422 422 422 422 422
exchange:honour_certificate awarded         GET  302 404 404 200 404 404 404 404 404 200 404 200 404 200  # the awarded and the office
exchange:honour_certificate awarded         POST 302 404 404 200 404 404 404 404 404 200 404 200 404 200  # with the whole name, noted down
exchange:honour_counted counted             GET  302 404 404 200 404 404 404 404 404 200 404 200 404 200
exchange:honours_desk                       GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:honour_new                         GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
exchange:honour_new                         POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
exchange:honour_desk    commended           GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:honour_desk    commended           POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
exchange:honour_amend   commended           GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200  # as far as it may still be changed
exchange:honour_amend   commended           POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
exchange:honour_decide  ripe                GET  302 404 404 404 404 404 403 403 403 200 403 403 403 403  # the office of the round alone
exchange:honour_decide  ripe                POST 302 404 404 404 404 404 403 403 403 422 403 403 403 403
exchange:honour_objection objected          GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
exchange:honour_objection objected          POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422

── the desk
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
cases:desk                                  GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # far: his own county's desk
cases:seen                                  POST 302 404 302 404 404 404 403 302 302 302 302 302 302 302  # one's own copies; nobody else's
cases:list                                  GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:export                                POST 302 404 302 404 404 404 403 302 302 302 302 302 302 302  # what the asker may see, masked
cases:keep_view                             POST 302 404 422 404 404 404 403 422 422 422 422 422 422 422  # one's own views; without a name: 422
cases:dues                                  GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:dues_file                             GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:make_dues_feed                        POST 302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:end_dues_feed                         POST 302 404 404 404 404 404 403 404 404 404 404 404 404 404
cases:dues_feed                             GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
cases:batches                               GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # one's own and those of one's juniors
cases:batch_new                             POST 302 404 403 404 404 404 403 302 302 302 302 302 302 403  # nothing chosen: back; administrators move nothing
cases:batch             batch               GET  302 404 404 404 404 404 403 404 404 200 404 200 404 404  # its maker and the clerks above
cases:batch             unknown             GET  302 404 404 404 404 404 403 404 404 404 404 404 404 404
cases:batch_undo        batch               POST 302 404 404 404 404 404 403 404 404 302 404 302 404 404
runs:list                                   GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # what he asked for himself
runs:file               exported            GET  302 404 404 404 404 404 403 404 404 200 404 404 404 404  # its asker only
cases:map                                   GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:points                                GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:staff_report                          GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:staff_report                          POST 302 404 422 404 404 404 403 422 422 422 422 422 422 422
cases:staff_beside                          POST 302 404 200 404 404 404 403 200 200 200 200 200 200 200  # of the cases that he sees
cases:place_codes                           GET  302 404 403 404 404 404 403 200 200 200 403 200 403 403  # grid staff and clerks hang them up
cases:place_codes                           POST 302 404 403 404 404 404 403 422 422 422 403 422 403 403
cases:place_code        pole                GET  302 404 403 404 404 404 403 200 404 200 403 200 403 403  # in one's own territory
cases:end_place_code    pole                POST 302 404 403 404 404 404 403 302 404 302 403 302 403 403
cases:found_fixed                           GET  302 404 403 404 404 404 403 200 200 403 403 403 403 403  # only whoever walks a grid finds and fixes
cases:found_fixed                           POST 302 404 403 404 404 404 403 422 422 403 403 403 403 403
cases:hotline                               GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
cases:hotline                               POST 302 404 409 404 404 404 403 403 403 403 403 409 403 409  # nothing is owed to the hotline
cases:hotline_handed    unknown             POST 302 404 404 404 404 404 403 403 403 403 403 404 403 404
cases:imports                               GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
cases:imports                               POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
cases:import_template                       GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # an empty table
cases:import_table      run                 GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
cases:import_table      unknown             GET  302 404 404 404 404 404 403 403 403 403 403 404 403 404
cases:import_table      run                 POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422  # no column chosen
cases:import_refused    run                 GET  302 404 404 404 404 404 403 404 404 404 404 200 404 200  # rows of messages: who imports
indicators:figures                          GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
indicators:baselines                        GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
indicators:baselines                        POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
indicators:end_baseline based               POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302
indicators:brief                            GET  302 404 200 404 404 404 403 403 403 200 200 200 200 200  # of one's own place or unit
indicators:brief_file                       GET  302 404 200 404 404 404 403 403 403 200 200 200 200 200
indicators:send                             POST 302 404 403 404 404 404 403 403 403 302 302 302 403 403  # whoever answers for it; leaders read
indicators:briefs                           GET  302 404 200 404 404 404 403 403 403 200 200 200 200 200
indicators:sent         briefed             GET  302 404 404 404 404 404 403 403 403 200 404 200 200 200
indicators:sent_file    briefed             GET  302 404 404 404 404 404 403 403 403 200 404 200 200 200
indicators:months                           GET  302 404 200 404 404 404 403 403 403 200 200 200 200 200
indicators:ask_month                        POST 302 404 403 404 404 404 403 403 403 422 422 422 403 403
indicators:month_file   tabled              GET  302 404 404 404 404 404 403 403 403 200 404 200 200 200
indicators:rows         closed              GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
indicators:rows         unknown             GET  302 404 404 404 404 404 403 404 404 404 404 404 404 404

── one case
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
cases:detail            case                GET  302 404 404 404 404 404 403 200 404 200 404 200 200 200  # by territory; to others it does not exist
cases:detail            elsewhere           GET  302 404 404 404 404 404 403 404 200 404 404 200 200 200
cases:detail            given               GET  302 404 404 404 404 404 403 404 404 404 200 200 200 200  # by unit
cases:work_order        case                GET  302 404 404 404 404 404 403 200 404 200 404 200 200 200  # reporters masked
cases:work_order        case                POST 302 404 404 404 404 404 403 200 404 200 404 200 403 403  # with whom to call: recorded
cases:work_order        given               GET  302 404 404 404 404 404 403 404 404 404 200 200 200 200
cases:slip              case                GET  302 404 404 404 404 404 403 200 404 200 404 200 200 200
cases:case_flow         case                GET  302 404 404 404 404 404 403 200 404 200 404 200 200 200
cases:case_flow         given               GET  302 404 404 404 404 404 403 404 404 404 200 200 200 200
cases:case_flow_file    case                GET  302 404 404 404 404 404 403 200 404 200 404 200 200 200
cases:case_flow_file    given               GET  302 404 404 404 404 404 403 404 404 404 200 200 200 200
cases:flow              listed              GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
cases:flow_file         listed              GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
cases:act               case/accept         POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # clerks screen; grid staff, leaders and administrators do not
cases:act               case/refuse         POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               case/ask            POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403  # whoever has to do it asks
cases:act               case/transcribe     POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403  # whoever has to do it listens
cases:act               asked/answer        POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403  # in the reporter's words, on his behalf
cases:act               case/go_on          POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # clerks decide
cases:act               refused/decide_appeal  POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               case/reclassify     POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # clerks sort
cases:act               case/relocate       POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               case/split          POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               case/merge_into     POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               merged/unmerge      POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:merge             case                GET  302 404 404 404 404 404 403 403 404 200 404 200 403 403  # who may merge compares
cases:merge             merged              GET  302 404 404 404 404 404 403 403 404 200 404 200 403 403
cases:act               case/share          POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # clerks let neighbours see
cases:act               case/unshare        POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               case/ask_expired    POST 302 404 404 404 404 404 403 404 404 404 404 404 404 404  # the system's own
cases:act               case/appeal         POST 302 404 404 404 404 404 403 404 404 404 404 404 404 404  # the receipt's
cases:act               case/withdraw       POST 302 404 404 404 404 404 403 404 404 404 404 404 404 404
cases:act               case/take_up        POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403  # leaders and administrators look on
cases:act               case/reply          POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               case/inform         POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               case/show_contact   POST 302 404 404 404 404 404 403 200 404 200 404 200 403 403  # who has to call; recorded
cases:act               done/dispose        POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               done/verify_pass    POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # never whoever handled it
cases:act               done/verify_fail    POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               done/exclude        POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               done/decide_exclusion  POST 302 404 404 404 404 404 403 403 404 403 404 422 403 403  # street and county
cases:act               done/check_pass     POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               done/check_fail     POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               done/sign_off_hard  POST 302 404 404 404 404 404 403 403 404 403 404 422 422 403  # leaders vouch by name
cases:act               done/close          POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # never whoever did the work
cases:act               done/reopen         POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               case/dispatch       POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # clerks dispatch
cases:act               case/name_officers  POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403
cases:act               case/visit          POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               case/assist_report  POST 302 404 404 404 404 404 403 403 404 403 404 403 403 403  # assisting units only
cases:act               case/return_not_ours  POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403  # whoever could hold it
cases:act               case/arbitrate      POST 302 404 404 404 404 404 403 403 404 403 404 422 403 403  # street and county
cases:act               case/escalate       POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               case/defer          POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403  # whoever holds it asks
cases:act               case/decide_deferral POST 302 404 404 404 404 404 403 403 404 422 404 422 403 403  # clerks decide, never on their own
cases:act               case/resume         POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               case/urge           POST 302 404 404 404 404 404 403 403 404 422 404 422 422 403  # from above; the reporter by his receipt
cases:act               case/supervise      POST 302 404 404 404 404 404 403 403 404 403 404 422 422 403  # leaders, street and county
cases:act               case/answer_supervision POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403
cases:act               case/sign_off_supervision POST 302 404 404 404 404 404 403 403 404 403 404 422 422 403
cases:act               given/defer         POST 302 404 404 404 404 404 403 404 404 404 422 403 403 403
cases:act               given/decide_deferral POST 302 404 404 404 404 404 403 404 404 404 403 422 403 403
cases:act               given/dispatch      POST 302 404 404 404 404 404 403 404 404 404 403 422 403 403
cases:act               given/return_not_ours  POST 302 404 404 404 404 404 403 404 404 404 422 403 403 403  # a unit holds it: nobody else sends it back
cases:act               given/dispose       POST 302 404 404 404 404 404 403 404 404 404 422 403 403 403
cases:act               given/reply         POST 302 404 404 404 404 404 403 404 404 404 422 422 403 403
cases:act               elsewhere/take_up   POST 302 404 404 404 404 404 403 404 422 404 404 422 403 403
cases:act               case/rate           POST 302 404 404 404 404 404 403 404 404 404 404 404 404 404  # rating has its own door: the receipt
cases:act               case/nonsense       POST 302 404 404 404 404 404 403 404 404 404 404 404 404 404
cases:by_part           part                GET  302 404 404 404 404 404 403 404 404 404 302 302 302 302  # leads to the case
cases:by_part           unknown             GET  302 404 404 404 404 404 403 404 404 404 404 404 404 404
access:why              case                GET  302 404 404 200 404 404 404 200 404 200 404 200 200 200  # the reporter too
access:why              elsewhere           GET  302 404 404 404 200 404 404 404 200 404 404 200 200 200
access:why              grid                GET  302 404 404 404 404 404 404 200 200 200 200 200 200 200  # for whoever may open the grid's page
access:why              unknown             GET  302 404 404 404 404 404 404 404 404 404 404 404 404 404
files:serve             case                GET  404 404 404 200 404 404 404 200 404 200 404 200 200 200  # whoever sees the case sees its photos
files:serve             case+receipt        GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # the receipt says whose county it is
files:serve             case+wrong_receipt  GET  404 404 404 200 404 404 404 200 404 200 404 200 200 200
files:serve             elsewhere           GET  404 404 404 404 200 404 404 404 200 404 404 200 200 200
files:serve             upload              GET  404 404 404 200 404 404 404 404 404 404 404 404 404 404  # belongs to nothing yet: its uploader alone

── routine and emergency
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
modes:list                                  GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # every colleague
modes:declare                               GET  302 404 403 404 404 404 403 403 403 200 403 200 200 403  # officers with a territory, in their own name
modes:declare                               POST 302 404 403 404 404 404 403 403 403 422 403 422 422 403
modes:mode              mode                GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
modes:move              mode                POST 302 404 404 404 404 404 403 403 403 403 403 422 422 403  # the street's alert is not the community's to change
modes:extend            mode                POST 302 404 404 404 404 404 403 403 403 403 403 422 422 403

── the working calendar
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
calendar:year                               GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # deadlines go by it: every colleague
calendar:import                             GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200  # kept by the county's clerks and administrators
calendar:import                             POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
calendar:template                           GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
calendar:day                                GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
calendar:day                                POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
calendar:hours                              GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
calendar:hours                              POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422

── the routing table
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
cases:routing                               GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # read by all who work here
cases:routing_export                        GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
cases:routing_add                           GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200  # kept by the county, and by a street for itself
cases:routing_add                           POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
cases:routing_table                         GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
cases:routing_table                         POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
cases:routing_template                      GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
cases:routing_rule          rule            GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
cases:routing_change        rule            GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
cases:routing_change        rule            POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
cases:routing_end           rule            POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302  # tried first
cases:routing_trial         trial           GET  302 404 404 404 404 404 403 403 403 403 403 200 403 404  # whose it is
cases:routing_trial         trial           POST 302 404 404 404 404 404 403 403 403 403 403 302 403 404
── the catalogue and whose it is
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
catalogue:whose                             GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # whoever answers the telephone
catalogue:list                              GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # read by all who work here, kept by the county
catalogue:export                            GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
catalogue:matter        listed              GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
catalogue:matter        drafted             GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
catalogue:new                               GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
catalogue:new                               POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
catalogue:edit          listed              GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
catalogue:edit          listed              POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
catalogue:publish       drafted             POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302
catalogue:publish       listed              POST 302 404 404 404 404 404 403 403 403 403 403 409 403 409  # there is no draft
catalogue:discard       drafted             POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302
catalogue:retire        listed              POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422  # without a reason
catalogue:categories                        GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
catalogue:categories                        POST 302 404 404 404 404 404 403 403 403 403 403 404 403 404  # no category was named
catalogue:table                             GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
catalogue:table                             POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
catalogue:template                          GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
catalogue:admissions                        GET  302 404 200 404 404 404 403 403 403 403 200 200 200 200  # units ask, the county decides, leaders look on
catalogue:apply                             GET  302 404 403 404 404 404 403 403 403 403 200 403 403 403
catalogue:apply                             POST 302 404 403 404 404 404 403 403 403 403 422 403 403 403
catalogue:admission     admission           GET  302 404 404 404 404 404 403 404 404 404 200 200 200 200
catalogue:admission_act admission/review    POST 302 404 404 404 404 404 403 404 404 404 403 302 403 302
catalogue:admission_act admission/admit     POST 302 404 404 404 404 404 403 404 404 404 403 422 403 422  # a decision says why
catalogue:admission_act admission/refuse    POST 302 404 404 404 404 404 403 404 404 404 403 422 403 422
catalogue:admission_act admission/withdraw  POST 302 404 404 404 404 404 403 404 404 404 302 403 403 403  # the unit alone
catalogue:admission_act admission/revoke    POST 302 404 404 404 404 404 403 404 404 404 422 422 422 422  # nothing is admitted yet
catalogue:admission_act admission/nonsense  POST 302 404 404 404 404 404 403 404 404 404 404 404 404 404
catalogue:mandates                          GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
catalogue:mandate       street              GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
catalogue:edit_mandate  street              GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
catalogue:edit_mandate  street              POST 302 404 404 404 404 404 403 403 403 403 403 409 403 409  # a form that saw no draft
catalogue:mandate_act   street/publish      POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302
catalogue:mandate_act   street/discard      POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302
catalogue:mandate_act   street/nonsense     POST 302 404 404 404 404 404 403 403 403 403 403 404 403 404
catalogue:mandate_act   other_street/publish POST 302 404 404 404 404 404 403 403 403 403 403 409 403 409

── patrols
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
patrols:front                               GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # one's own walks; plans for whoever plans or oversees
patrols:month                               GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
patrols:tasks                               GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
patrols:task            walk                GET  302 404 404 404 404 404 403 200 404 200 404 200 200 200  # by grid and territory
patrols:task            round               GET  302 404 404 404 404 404 403 404 404 404 200 200 200 200  # by unit and territory
patrols:walk            walk                POST 302 404 404 404 404 404 403 302 404 403 404 403 403 403  # one tap, by whoever walks
patrols:walk            round               POST 302 404 404 404 404 404 403 404 404 404 302 403 403 403
patrols:finding         walk                GET  302 404 404 404 404 404 403 200 404 403 404 403 403 403
patrols:finding         walk                POST 302 404 404 404 404 404 403 422 404 403 404 403 403 403
patrols:finding         round               POST 302 404 404 404 404 404 403 404 404 404 422 403 403 403
patrols:miss            walk                POST 302 404 404 404 404 404 403 422 404 422 404 422 403 403  # the clerk of the place may say why for him
patrols:miss            round               POST 302 404 404 404 404 404 403 404 404 404 422 422 403 403
patrols:add                                 GET  302 404 403 404 404 404 403 403 403 200 200 200 403 403  # clerks in their area, departments for their teams
patrols:add                                 POST 302 404 403 404 404 404 403 403 403 422 422 422 403 403
patrols:plan            route               GET  302 404 404 404 404 404 403 404 404 200 404 200 200 200
patrols:change          route               GET  302 404 404 404 404 404 403 404 404 200 404 200 403 403
patrols:change          route               POST 302 404 404 404 404 404 403 404 404 422 404 422 403 403
patrols:activate        route               POST 302 404 404 404 404 404 403 404 404 422 404 422 403 403
patrols:end             route               POST 302 404 404 404 404 404 403 404 404 422 404 422 403 403
access:why              walk                GET  302 404 404 404 404 404 404 200 404 200 404 200 200 200

── who serves where
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
territory:teams                             GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # colleagues know each other's duties
territory:served                            GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
territory:officers                          GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
territory:stations                          GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
territory:compounds                         GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
territory:unit              department      GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
territory:team              team            GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
territory:add_team                          GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200  # teams are kept by the county
territory:add_team                          POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
territory:team_member       team            GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
territory:team_member       team            POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
territory:team_part         team            GET  302 404 404 404 404 404 403 403 403 403 403 404 403 404
territory:team_part         team            POST 302 404 404 404 404 404 403 403 403 403 403 404 403 404  # neither to lead nor to leave
territory:team_second       team            GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
territory:team_second       team            POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
territory:team_recall       team            GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
territory:team_recall       team            POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
territory:link_department   a               GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200  # each keeps his own part of the map
territory:link_department   a               POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:link_department   c               POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
territory:assign_officer    a               GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:assign_officer    a               POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:put_in_charge     community       GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:put_in_charge     community       POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:put_in_charge     other_community POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
territory:count_households  compound        GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:count_households  compound        POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:turn              link            GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:turn              link            POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:turn              nonsense        GET  302 404 404 404 404 404 403 404 404 404 404 404 404 404
territory:station           station         GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
territory:add_station                       GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
territory:add_station                       POST 302 404 404 404 404 404 403 403 403 404 403 404 403 404  # no place was named
territory:change_station    station         GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:change_station    station         POST 302 404 404 404 404 404 403 403 403 302 403 302 403 302  # without a name it keeps its own
territory:close_station     station         GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:close_station     station         POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:post_to_station   station         GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:post_to_station   station         POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:write_visit       station         GET  302 404 404 404 404 404 403 200 403 200 403 200 403 200  # wrk is posted there
territory:write_visit       station         POST 302 404 404 404 404 404 403 422 403 422 403 422 403 422
territory:withdraw_visit    station         POST 302 404 404 404 404 404 403 302 403 302 403 302 403 302  # his own, or whoever keeps the place
territory:staff_table                       GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
territory:staff_table                       POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
territory:staff_template    roster          GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
access:grid                 a               GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200  # posting and right in one act
access:grid                 a               POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
people:leaves                               GET  302 404 200 404 404 404 200 200 200 200 200 200 200 200  # one's own, those for which one stands in, those below
people:enter_leave          worker          GET  302 404 404 404 404 404 403 200 403 200 403 200 403 200  # he himself, or his superior
people:enter_leave          worker          POST 302 404 404 404 404 404 403 422 403 422 403 422 403 422
people:stand_in             leave           GET  302 404 404 404 404 404 404 200 404 200 404 200 404 200
people:stand_in             leave           POST 302 404 404 404 404 404 404 302 404 302 404 302 404 302  # nobody any more
people:end_leave            leave           POST 302 404 404 404 404 404 404 302 404 302 404 302 404 302
── people and organisations
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
people:list                                 GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200  # staff and organisations; residents are on no list
people:find                                 POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422  # the counter
people:add                                  GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
people:add                                  POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
people:add_unit                             GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
people:add_unit                             POST 302 404 422 404 404 404 403 403 403 403 403 422 403 422
people:unit             unit                GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
people:change_unit      unit                GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
people:change_unit      unit                POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
people:end_unit         unit                GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200  # it asks once more
people:end_unit         unit                POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302
people:person           worker              GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200  # colleagues are known by name and post
people:person           worker              POST 302 404 404 404 404 404 403 403 403 200 403 200 403 200  # shows the number; recorded
people:person           resident            GET  302 404 404 404 404 404 403 404 404 200 404 200 404 200  # residents are known at the counter only
people:person           resident            POST 302 404 404 404 404 404 403 404 404 200 404 200 404 200
people:change           resident            GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
people:change           resident            POST 302 404 404 404 404 404 403 403 403 302 403 302 403 302  # nothing filled in changes nothing
people:export           resident            POST 302 404 404 404 404 404 403 403 403 403 403 200 403 200
people:erase            resident            GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200
people:erase            resident            POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
people:join             resident            POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422
people:leave            resident            GET  302 404 404 404 404 404 403 403 403 403 403 200 403 200  # it asks once more
people:leave            resident            POST 302 404 404 404 404 404 403 403 403 403 403 302 403 302  # leaving where one never was is no mistake

── doors for programs: nobody is signed in there; ``far`` comes to an address of no county and names none
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
open311:discovery                           GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200
open311:services                            GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200
open311:service                             GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200
open311:requests                            GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200
open311:requests                            POST 403 403 400 403 403 403 403 403 403 403 403 403 403 403  # without a key
open311:request                             GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404  # the number names its county; neighbours may not see it
open311:token                               GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
open311:elsewhere                           GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
open311:elsewhere                           POST 404 404 404 404 404 404 404 404 404 404 404 404 404 404
hotline:messages                            POST 403 403 400 403 403 403 403 403 403 403 403 403 403 403  # without a key
hotline:changes                             GET  403 403 400 403 403 403 403 403 403 403 403 403 403 403
hotline:order                               GET  403 403 400 403 403 403 403 403 403 403 403 403 403 403
hotline:elsewhere                           GET  403 403 400 403 403 403 403 403 403 403 403 403 403 403
hotline:elsewhere                           POST 403 403 400 403 403 403 403 403 403 403 403 403 403 403
api:openapi                                 GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
api:docs                                    GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200  # a page for people
api:categories                              GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200  # public facts
api:matters                                 GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200
api:places                                  GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200
api:grids                                   GET  200 200 400 200 200 200 200 200 200 200 200 200 200 200
api:me                                      GET  401 401 401 401 401 401 401 401 401 401 401 401 401 401  # without a key
api:cases                                   GET  401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:indicators                              GET  401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:case                                    GET  401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:photo                                   GET  401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:contact                                 GET  401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:cases                                   POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:take_up                                 POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:reply                                   POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:ask                                     POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:visit                                   POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:dispose                                 POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:return_not_ours                         POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:assist_report                           POST 401 401 401 401 401 401 401 401 401 401 401 401 401 401
api:elsewhere                               GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
api:elsewhere                               POST 404 404 404 404 404 404 404 404 404 404 404 404 404 404

── who holds what
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
access:grants                               GET  302 404 200 404 404 404 403 403 403 200 403 200 200 200  # each below his own territory
access:give             worker              GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200  # whoever may give some role
access:give             worker              POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
access:give             worker+leader       POST 302 404 404 404 404 404 403 403 403 403 403 403 403 302  # the role of a leader is given by administrators
access:account          worker              GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
access:account          worker              POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
access:account          worker+reset        POST 302 404 404 404 404 404 403 403 403 403 403 403 403 200  # a reset takes an account over: administrators only
access:end              worker              POST 302 404 404 404 404 404 403 403 403 302 403 302 403 302
access:end              admin               POST 302 404 404 404 404 404 403 403 403 404 403 403 403 409  # his own last one: 409

── the trail and the channels
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
trail:log                                   GET  302 404 200 404 404 404 403 403 403 403 403 403 200 200  # the whole county's
notices:channels                            GET  302 404 200 404 404 404 403 403 403 403 403 403 403 200
systems:list                                GET  302 404 200 404 404 404 403 403 403 403 403 403 403 200  # the county's administrators let other systems in
systems:open                                GET  302 404 200 404 404 404 403 403 403 403 403 403 403 200
systems:open                                POST 302 404 422 404 404 404 403 403 403 403 403 403 403 422
systems:system          system              GET  302 404 404 404 404 404 403 403 403 403 403 403 403 200
systems:close           system              POST 302 404 404 404 404 404 403 403 403 403 403 403 403 422
webhooks:list           system              GET  302 404 404 404 404 404 403 403 403 403 403 403 403 200  # and tell them what happens to cases
webhooks:add            system              GET  302 404 404 404 404 404 403 403 403 403 403 403 403 200
webhooks:add            system              POST 302 404 404 404 404 404 403 403 403 403 403 403 403 422
webhooks:subscription   webhook             GET  302 404 404 404 404 404 403 403 403 403 403 403 403 200
webhooks:rotate         webhook             POST 302 404 404 404 404 404 403 403 403 403 403 403 403 200
webhooks:pause          webhook             POST 302 404 404 404 404 404 403 403 403 403 403 403 403 302
webhooks:resume         webhook             POST 302 404 404 404 404 404 403 403 403 403 403 403 403 409
webhooks:end            webhook             POST 302 404 404 404 404 404 403 403 403 403 403 403 403 302
webhooks:test           webhook             POST 302 404 404 404 404 404 403 403 403 403 403 403 403 302
webhooks:resend         webhook             POST 302 404 404 404 404 404 403 403 403 403 403 403 403 409
webhooks:resend_one     webhook             POST 302 404 404 404 404 404 403 403 403 403 403 403 403 409

── places and grids
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
territory:tree                              GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
territory:division      community           GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
territory:division      other_community     GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200  # names of places are no secret among staff
territory:grid          a                   GET  302 404 404 404 404 404 403 200 200 200 200 200 200 200
territory:grids_geojson                     GET  302 404 200 404 404 404 403 200 200 200 200 200 200 200
territory:export_grids  county              GET  302 404 200 404 404 404 403 403 403 403 403 200 403 200
territory:export_grids  community           GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
territory:import_grids                      GET  302 404 200 404 404 404 403 403 403 200 403 200 403 200
territory:import_grids                      POST 302 404 422 404 404 404 403 403 403 422 403 422 403 422
territory:edit_division community           GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:edit_division community           POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:edit_division other_community     POST 302 404 404 404 404 404 403 403 403 403 403 422 403 422  # each keeps his own part of the map
territory:add_division  community           GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:add_division  community           POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:draw_grid     community           GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:draw_grid     community           POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:place_in_grid compound            GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:place_in_grid compound            POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:rename_grid   a                   GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:rename_grid   a                   POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:redraw_grid   a                   GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:redraw_grid   a                   POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422
territory:end_grid      a                   GET  302 404 404 404 404 404 403 403 403 200 403 200 403 200
territory:end_grid      a                   POST 302 404 404 404 404 404 403 403 403 422 403 422 403 422

── help between neighbours, and wishes
#                                                vis nbr far res oth rid mer wrk  ow clk dep  cc ldr adm
orders:hall                                 GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
orders:mine                                 GET  302 404 200 200 200 200 200 200 200 200 200 200 200 200  # one's own
orders:helping                              GET  302 404 200 200 200 200 200 200 200 200 200 200 200 200
orders:helping                              POST 302 404 302 302 302 302 302 302 302 302 302 302 302 302  # nothing ticked: willing to nothing
orders:ask              help                GET  200 200 200 200 200 200 200 200 200 200 200 200 200 200
orders:ask              nothing             GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
orders:ask_kind         help/help.parcel    GET  302 404 200 200 200 200 200 200 200 200 200 200 200 200
orders:ask_kind         help/help.parcel    POST 302 404 422 422 422 422 422 422 422 422 422 422 422 422
orders:ask_kind         wish/wish.thing     GET  302 404 200 200 200 200 200 200 200 200 200 200 200 200
orders:ask_kind         wish/help.parcel    GET  404 404 404 404 404 404 404 404 404 404 404 404 404 404
orders:order            hall                GET  200 200 404 200 200 200 200 200 200 200 200 200 200 200  # kind and compound, nothing more
orders:order            asked_help          GET  404 404 404 200 404 404 404 200 404 200 404 200 200 200  # asker, reviewers; leaders learn that it is there
orders:order            helped              GET  404 404 404 200 200 404 404 200 404 200 404 200 200 200  # and whoever claimed it
orders:order            wished                GET  404 404 404 200 404 404 404 404 404 200 404 200 200 200  # grid staff review no wishes
orders:contact          helped              POST 302 404 404 403 200 404 404 200 404 200 404 200 403 403  # name and door; each look is written down
orders:contact          hall                POST 302 404 404 403 403 403 403 200 403 200 403 200 403 403
orders:act              asked_help/approve  POST 302 404 404 403 404 404 404 422 404 422 404 422 403 403
orders:act              wished/approve        POST 302 404 404 403 404 404 404 404 404 422 404 422 403 403
orders:act              hall/claim          POST 302 404 404 403 302 302 302 302 302 302 302 302 302 302  # anybody but the asker
orders:act              asked_help/withdraw POST 302 404 404 302 404 404 404 302 404 302 404 302 403 403
orders:act              helped/serve        POST 302 404 404 403 422 404 404 403 404 403 404 403 403 403  # which claim? of the giver only
orders:act              hall/merge_into     POST 302 404 404 403 403 403 403 422 403 422 403 422 403 403  # into which? of reviewers only
orders:act              helped/hush         POST 302 404 404 403 403 404 404 403 404 403 404 403 403 403  # nobody said thanks yet
orders:act              hall/nothing        POST 404 404 404 404 404 404 404 404 404 404 404 404 404 404
access:why              asked_help          GET  302 404 404 200 404 404 404 200 404 200 404 200 200 200
orders:desk                                 GET  302 404 200 404 404 404 403 200 200 200 403 200 200 200  # whoever reviews, and oversight
orders:same             asked_help          GET  302 404 403 404 404 404 403 200 404 200 403 200 403 403  # those who review it
orders:ask_for          help                GET  302 404 403 404 404 404 403 200 200 200 403 200 403 403
orders:ask_for_kind     help/help.phone     GET  302 404 403 404 404 404 403 200 200 200 403 200 403 403
orders:ask_for_kind     help/help.phone     POST 302 404 403 404 404 404 403 422 422 422 403 422 403 403
mutual_aid:vettings                         GET  302 404 403 404 404 404 403 403 403 200 403 200 403 403  # clerks, for their area
mutual_aid:vettings                         POST 302 404 403 404 404 404 403 403 403 422 403 422 403 403
mutual_aid:end          checked             POST 302 404 403 404 404 404 403 403 403 302 403 302 403 403
"""


@dataclass(frozen=True)
class Line:
    """One line of the table. ``statuses``: persona → status."""

    name: str
    thing: str
    method: str
    statuses: dict[str, int]
    section: str
    why: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.thing, self.method) if part)


def lines() -> list[Line]:
    """The table, read. Raises ValueError for a line with too few or too many statuses."""
    found, section = [], ""
    for number, raw in enumerate(TABLE.splitlines(), start=1):
        plain, _hash, why = raw.partition("#")
        words = plain.split()
        if not words or words[0] == "──":
            section = plain.strip(" ─") or section
            continue
        at = next(place for place, word in enumerate(words) if word in ("GET", "POST"))
        statuses = [int(word) for word in words[at + 1 :]]
        if len(statuses) != len(COLUMNS):
            raise ValueError(
                f"line {number} of the policy has {len(statuses)} statuses, not {len(COLUMNS)}: {raw}"
            )
        by_persona = dict(zip(COLUMNS.values(), statuses, strict=True))
        found.append(Line(words[0], " ".join(words[1:at]), words[at], by_persona, section, why.strip()))
    return found


PACKAGES = """
                                        vis  res  wrk
account_login                      GET  200  302  302  # who is in is led home
account_logout                     GET  302  200  200
account_signup                     GET  200  302  302  # says that accounts are opened by the office
account_inactive                   GET  200  200  200
account_email                      GET  404  404  404  # accounts carry no address: an administrator resets them
account_email_verification_sent    GET  404  404  404
account_change_password            GET  302  302  302  # these accounts have no password yet: set one
account_set_password               GET  302  200  200
account_reset_password             GET  404  404  404
account_reset_password_done        GET  404  404  404
account_reset_password_from_key_done GET 404 404  404
account_confirm_login_code         GET  404  404  404
account_reauthenticate             GET  302  403  403  # no password to repeat
mfa_index                          GET  302  200  200
mfa_authenticate                   GET  302  302  302  # not in the middle of signing in
mfa_reauthenticate                 GET  302  403  403
mfa_activate_totp                  GET  302  200  200
mfa_deactivate_totp                GET  302  404  404  # none is set up
mfa_view_recovery_codes            GET  302  404  404
mfa_generate_recovery_codes        GET  302  200  200
mfa_download_recovery_codes        GET  302  404  404
"""
"""The sign-in pages of django-allauth, for a visitor, a resident and a grid worker."""

WITH_A_KEY = {"account_confirm_email", "account_reset_password_from_key"}
"""Addresses with a secret in them, sent by e-mail; without it there is nothing to ask."""
